/** A finding as the detector of known indicators gives it, for tests of what becomes of it. */
import type { Finding } from '../../../../firmware/sensor/detect/finding.ts';
import { startMicros } from '../observe/sensor.ts';

/** `value`: the indicator. `hostD`: last word of the address of our machine. */
export function finding(changes: Partial<Finding> = {}, value = '203.0.113.66', hostD = 0x0a000005): Finding {
  return {
    detector: 'known-bad',
    kind: 'c2.address',
    tsMicros: startMicros,
    stage: 'attempt',
    contact: 'connected',
    inbound: false,
    ours: 'client',
    host: [0, 0, 0xffff, hostD],
    remote: { address: [0, 0, 0xffff, 0xcb007142 | 0], port: 443 },
    protocol: 6,
    confidence: 90,
    match: { type: 'address', value, exactness: 32, bundle: 'b'.repeat(16), confidence: 90 },
    observed: `${value}:443`,
    reasons: [{ measured: 'connection to an address on the list', value, threshold: value }],
    ...changes,
  };
}
