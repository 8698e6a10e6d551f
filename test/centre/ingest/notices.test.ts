import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { connectAsync } from 'mqtt';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Broker, startBroker } from '../../../centre/demo/broker.ts';
import { up } from '../../../firmware/contract/topics.ts';
import { until } from '../../firmware/agent/uplink/listener.ts';
import {
  healthOf,
  type IngestProcess,
  numberedAlert,
  onTheWire,
  presenceOf,
  spawnIngest,
  startIngest,
  temporaryFolder,
} from './ingest-process.ts';

const box = 'hx-lang-son';
const cli = fileURLToPath(new URL('../../../centre/cli.ts', import.meta.url));
const short = {
  ...{ checkSeconds: 0.1, lostGraceSeconds: 0.3, silentIntervals: 1, silentGraceSeconds: 0.5, blindSeconds: 0.3, holeSeconds: 0.5 },
  ...{ clockMessages: 2, closeSeconds: 0.2, reopenSeconds: 0.1, updateSeconds: 0.1 },
};

let broker: Broker;
let folder: ReturnType<typeof temporaryFolder>;
const running: IngestProcess[] = [];
let watch: IngestProcess;
beforeEach(async () => {
  broker = await startBroker({ configuration: ['allow_anonymous true', 'log_dest topic', 'log_type notice'] });
  folder = temporaryFolder();
  const limits = join(folder.path, 'limits.json');
  writeFileSync(limits, JSON.stringify(short));
  watch = spawnIngest([cli, 'watch', '--broker', broker.url, '--lang', 'en']);
  // Two, as in service: each alert is told once all the same.
  const flags = ['--limits', limits, '--broker-log'];
  running.push(
    watch,
    ...(await Promise.all([startIngest(broker.url, folder.store, ...flags), startIngest(broker.url, folder.store, ...flags)])),
  );
});
afterEach(async () => {
  for (const one of running.splice(0)) await one.stop('SIGKILL');
  await broker.stop();
  folder.remove();
});

const told = () => watch.said.out.replaceAll(/\s+/g, ' ');
const times = (text: string) => told().split(text).length - 1;

describe('what the centre notices', () => {
  it('reaches the duty officer in words, each once, and is taken back when it is mended', async () => {
    const will = {
      topic: up.presence(box),
      payload: Buffer.from(JSON.stringify(presenceOf(box, { online: false }))),
      qos: 1 as const,
      retain: true,
    };
    const client = await connectAsync(broker.url, { protocolVersion: 5, clientId: box, reconnectPeriod: 0, will });
    const send = (topic: string, message: string | object, retain = false) =>
      client.publishAsync(topic, typeof message === 'string' ? message : JSON.stringify(message), { qos: 1, retain });
    let reports = 0;
    const health = (aheadMs: number, changes: Parameters<typeof healthOf>[1] = {}) =>
      send(
        up.health(box),
        healthOf(box, { ts: new Date(Date.now() + aheadMs).toISOString(), uptimeSeconds: ++reports, intervalSeconds: 0.5, ...changes }),
        true,
      );
    /** Goes on reporting until the officer has read it. */
    const untilTold = async (text: string, report: () => Promise<unknown>) => {
      const timer = setInterval(() => void report().catch(() => undefined), 100);
      await until(() => told().includes(text), text, 15_000).finally(() => clearInterval(timer));
    };
    // Until the officer's screen is connected, nothing shows that it is.
    await untilTold('UBND huyện Mẫu, box', () => send(up.alert(box), onTheWire(numberedAlert(box, 1))));
    await send(up.presence(box), presenceOf(box), true);
    await untilTold('[box.clock]', () => health(60_000));
    expect(told()).toMatch(
      /the clock of the box is off \[box\.clock\] Box: hx-lang-son, UBND huyện Mẫu Because of: ahead of our clock, in seconds: (59|60)(\.\d)? \(threshold 5\)/,
    );
    const capture = { ...healthOf(box).capture, state: 'failed', error: 'eth1: no such device\u001b[2J' } as const;
    await untilTold('[box.blind]', () => health(0, { capture }));
    expect(told()).toContain('no such device\u{fffd}[2J');
    await send(up.alert(box), onTheWire(numberedAlert(box, 3)));
    await untilTold('[box.hole]', () => health(0));
    await send(up.alert(box), 'noise');
    await untilTold('[box.refused]', () => health(0));
    await send(up.alert(box), onTheWire(numberedAlert(box, 2)));
    for (const what of ['messages of the box are missing', 'the clock of the box is off', 'the box lives but does not see the traffic'])
      await untilTold(`Update: hx-lang-son, UBND huyện Mẫu: ${what}`, () => health(0));
    client.stream.destroy();
    await until(() => told().includes('[box.silent]'), 'silence', 15_000);
    expect(told()).toContain('Call the technician of the agency');
    for (const kind of ['box.clock', 'box.blind', 'box.hole', 'box.silent', 'box.refused']) expect(times(`[${kind}]`)).toBe(1);
    const boxes = spawnIngest([cli, 'boxes', '--store', folder.store, '--lang', 'vi']);
    expect(await boxes.ended).toBe(0);
    expect(boxes.said.out).toMatch(/hx-lang-son\s+IM LẶNG/);
    expect(boxes.said.out.replaceAll(/\s+/g, ' ')).toContain('! thiết bị mất liên lạc: mất kết nối đã');
  }, 60_000);

  it('includes whom the broker turned away', async () => {
    const knock = () => {
      const socket = connect(broker.port, '127.0.0.1', () => socket.write('GET / HTTP/1.0\r\n\r\n'));
      socket.on('error', () => undefined);
    };
    const timer = setInterval(knock, 100);
    await until(() => told().includes('[broker.denied]'), 'the refusal', 15_000).finally(() => clearInterval(timer));
    expect(told()).toContain('Box: the broker Because of: times turned away:');
  }, 40_000);
});
