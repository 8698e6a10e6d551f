/** An alert with every field that words are made of. */
import type { Alert } from '../../firmware/contract/alert.ts';

export function alertOf(changes: Partial<Alert> = {}): Alert {
  return {
    schema: 'alert/1',
    id: '01940000-0000-7000-8000-000000000001',
    rev: 1,
    seq: 1,
    state: 'open',
    box: 'demo-box',
    agency: 'UBND huyện Mẫu',
    tsFirst: '2026-01-20T18:30:05.000000Z',
    tsLast: '2026-01-20T18:31:00.000000Z',
    detector: 'known-bad',
    kind: 'c2.domain',
    stage: 'contact',
    severity: 3,
    confidence: 85,
    count: 4,
    dedupKey: 'k',
    host: { ip: '192.168.10.21', mac: '02:00:5e:00:53:01', vlan: 10, name: 'KETOAN-PC' },
    remote: { ip: '203.0.113.9', port: 443, name: 'cdn.evil.example' },
    net: { proto: 'tcp', app: 'tls', bytesOut: 700, bytesIn: 3_000 },
    match: { type: 'domain', value: 'evil.example', observed: 'cdn.evil.example', family: 'TestRAT', source: 'IT centre' },
    reasons: [{ measured: 'labels matched', value: 2, threshold: 1 }],
    advice: { vi: 'Ngắt máy khỏi mạng.', en: 'Take the machine off the network.' },
    sensor: { version: '0.1.0', dropped: 0 },
    ...changes,
  };
}
