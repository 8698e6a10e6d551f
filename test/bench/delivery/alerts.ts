/** A number -> an alert such as a box raises, with every field that most of them have: some 1.9 KB, as those of the demonstration. No two numbers give the same id. */
import type { Alert } from '../../../firmware/contract/alert.ts';
import { adviceFor } from '../../../firmware/sensor/alert/advice.ts';

/** A simulated day begins here. */
const beginMs = Date.UTC(2026, 0, 20);
/** Ten alerts a second. */
const gapMs = 100;
const boot = '6a1f3f0e-8a64-4b7e-9a39-0f5d7a0c9b11';
const hostsOfAgency = 60;
const families = ['TestRAT', 'NoSuchLoader', 'MadeUpStealer', 'NobodysBot'];

/** UUIDv7 (RFC 9562 §5.7): 48 bits of time; the rest is drawn from the number. */
export function alertId(number: number): string {
  const time = (beginMs + number * gapMs).toString(16).padStart(12, '0');
  const rest = (Math.imul(number, 0x9e3779b1) >>> 0).toString(16).padStart(8, '0');
  const low = number.toString(16).padStart(12, '0').slice(-12);
  return `${time.slice(0, 8)}-${time.slice(8)}-7${rest.slice(0, 3)}-8${rest.slice(3, 6)}-${low}`;
}

/** Without the numbers that the outbox gives. */
export function benchAlert(box: string, number: number): Alert {
  const host = number % hostsOfAgency;
  const name = `cdn-${number.toString(36)}.update.evil-${host}.example`;
  const ts = (ms: number) => new Date(ms).toISOString().replace('Z', '123Z');
  const firstMs = beginMs + number * gapMs;
  return {
    schema: 'alert/1',
    id: alertId(number),
    rev: 1,
    state: 'open',
    box,
    agency: 'Ủy ban nhân dân huyện Mẫu',
    boot,
    tsFirst: ts(firstMs),
    tsLast: ts(firstMs + 40),
    clock: { synced: true, offsetMs: 0.4 },
    detector: 'known-bad',
    kind: 'c2.domain',
    stage: 'contact',
    severity: 3,
    confidence: 85,
    count: 1 + (number % 9),
    dedupKey: `c2.domain|192.168.10.${host}|evil-${host}.example`,
    host: { ip: `192.168.10.${host}`, mac: `02:00:5e:00:53:${host.toString(16).padStart(2, '0')}`, vlan: 10, name: `KETOAN-PC-${host}` },
    remote: { ip: `203.0.113.${number % 250}`, port: 443, name },
    net: { proto: 'udp', app: 'dns', communityId: '1:2Y+nNtdPZ5SFkDbnQFZpHkrWNQE=', bytesOut: 71, bytesIn: 103 },
    match: {
      type: 'domain',
      value: `evil-${host}.example`,
      observed: name,
      family: families[number % families.length] ?? '',
      source: 'IT centre',
      tlp: 'amber',
      firstSeen: '2026-01-03T00:00:00.000000Z',
      bundle: 'release-2026-01-19',
    },
    context: { dns: { qname: name, qtype: 'A', rcode: 'NOERROR', answers: [`203.0.113.${number % 250}`] } },
    reasons: [{ measured: 'labels of the name that matched', value: 2, threshold: 1 }],
    advice: adviceFor('c2.domain', 'contact'),
    sensor: { version: '0.3.0', intel: 'release-2026-01-19', dropped: 0 },
  };
}
