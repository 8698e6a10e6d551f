import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { PacketSplitter } from '../../../firmware/agent/uplink/packet-splitter.ts';
import { alertSchema } from '../../../firmware/contract/alert.ts';
import { startCentreBroker } from '../../centre/broker/centre-broker.ts';
import { Authority } from '../../centre/broker/pki.ts';
import { alertId, benchAlert } from './alerts.ts';
import { issueBoxCertificates } from './box-certificates.ts';
import { LightBox } from './light-box.ts';
import { publishPacket, readPublish, text } from './mqtt-packets.ts';

const folder = mkdtempSync(join(tmpdir(), 'vonggac-delivery-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('alerts of the bench', () => {
  it('follow the schema and are as large as those of a box', () => {
    for (const number of [1, 59, 60, 863_999]) {
      const alert = benchAlert('bench-box', number);
      expect(alertSchema.parse(alert)).toEqual(alert);
      expect(Buffer.byteLength(JSON.stringify(alert))).toBeGreaterThan(1_400);
      expect(Buffer.byteLength(JSON.stringify(alert))).toBeLessThan(2_200);
    }
  });

  it('have ids that no two of them share', () => {
    const ids = Array.from({ length: 200_000 }, (_, number) => alertId(number));
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids[77_777]).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/);
  });
});

describe('certificates of simulated boxes', () => {
  it('are accepted by openssl as of their authority, each with its own name', async () => {
    const authority = await Authority.create(join(folder, 'authority'), 'Test CA of boxes');
    const made = issueBoxCertificates(authority, ['bench-box-1', 'bench-box-2'], join(folder, 'boxes'));
    const said = execFileSync('openssl', [
      'verify',
      '-purpose',
      'sslclient',
      '-CAfile',
      authority.caFile,
      ...made.map((one) => one.certFile),
    ]);
    expect(said.toString().match(/: OK/g)).toHaveLength(2);
    const [first, second] = made.map(({ certFile }) => new X509Certificate(readFileSync(certFile)));
    expect([first?.subject, second?.subject]).toEqual(['CN=bench-box-1', 'CN=bench-box-2']);
    expect(first?.serialNumber).not.toBe(second?.serialNumber);
  });
});

describe('packets of a light box', () => {
  it('are read as they were written, also where the length takes several bytes', () => {
    for (const size of [1, 200, 20_000]) {
      const packet = publishPacket(text('a/topic'), 77, 'x'.repeat(size));
      const [whole, ...more] = new PacketSplitter(1_000_000).take(packet);
      expect(more).toEqual([]);
      const { topic, packetId, isRetained, payload } = readPublish(whole ?? Buffer.alloc(0));
      expect({ topic, packetId, isRetained, bytes: payload.length }).toEqual({
        topic: 'a/topic',
        packetId: 77,
        isRetained: false,
        bytes: size,
      });
    }
  });

  it('are taken by the broker as it is delivered, which does not acknowledge in place of the centre', async () => {
    const broker = await startCentreBroker();
    const faults: Error[] = [];
    const box = new LightBox({ id: 'bench-box', access: await broker.box('bench-box'), alerts: 40, failed: (error) => faults.push(error) });
    try {
      await box.connect();
      box.start();
      await expect.poll(() => box.sent, { timeout: 10_000 }).toBe(40);
      expect(box.acknowledged).toBe(0);
      expect(faults).toEqual([]);
    } finally {
      box.end();
      await broker.stop();
    }
  }, 30_000);
});
