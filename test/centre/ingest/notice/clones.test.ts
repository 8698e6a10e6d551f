import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { connectAsync } from 'mqtt';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Broker, startBroker } from '../../../../centre/demo/broker.ts';
import { centre } from '../../../../firmware/contract/topics.ts';
import { until } from '../../../firmware/agent/uplink/listener.ts';
import { type IngestProcess, spawnIngest, startIngest, temporaryFolder } from '../ingest-process.ts';

const cli = fileURLToPath(new URL('../../../../centre/cli.ts', import.meta.url));

let broker: Broker;
let folder: ReturnType<typeof temporaryFolder>;
let watch: IngestProcess;
const running: IngestProcess[] = [];
beforeEach(async () => {
  broker = await startBroker({ configuration: ['allow_anonymous true', 'log_dest topic', 'log_type all'] });
  folder = temporaryFolder();
  const limits = join(folder.path, 'limits.json');
  writeFileSync(limits, JSON.stringify({ checkSeconds: 0.1, updateSeconds: 0.1 }));
  watch = spawnIngest([cli, 'watch', '--broker', broker.url, '--lang', 'en']);
  const flags = ['--limits', limits, '--broker-log'];
  const ingests = await Promise.all([startIngest(broker.url, folder.store, ...flags), startIngest(broker.url, folder.store, ...flags)]);
  running.push(watch, ...ingests);
}, 30_000);
afterEach(async () => {
  for (const one of running.splice(0)) await one.stop('SIGKILL');
  await broker.stop();
  folder.remove();
});

const told = () => watch.said.out.replaceAll(/\s+/g, ' ');

describe('what the registrar noticed, and ids that are used twice', () => {
  it('reach the duty officer as alerts, counted once by however many processes', async () => {
    const client = await connectAsync(broker.url, { protocolVersion: 5 });
    const notice = (kind: string, box: string, text: string) =>
      client.publishAsync(centre.notice, JSON.stringify({ schema: 'centre-notice/1', kind, box, text, times: 3 }), { qos: 1 });
    // The officer's screen may be connected later than this test.
    const timer = setInterval(() => void notice('certificate.refused', '-', 'knock'), 200);
    await until(() => told().includes('[certificate.refused]'), 'the first alert', 15_000).finally(() => clearInterval(timer));
    await notice('box.clone', 'hx-01', 'claim refused (used): it was used before, with another key');
    await client.publishAsync(centre.notice, 'noise', { qos: 1 });
    await until(() => told().includes('[box.clone]'), 'the alert of a clone');
    expect(told()).toContain('two machines use the id of the box [box.clone] Box: hx-01');
    expect(told()).toContain('signs of a second machine: 3; the last one: claim refused (used)');
    expect(told()).toContain('vonggac-centre revoke');
    await client.endAsync();
  }, 30_000);

  it('are told of where two machines put each other out again and again', async () => {
    const fight = async () => {
      const client = await connectAsync(broker.url, { protocolVersion: 5, clientId: 'hx-twins', reconnectPeriod: 0 });
      client.on('error', () => undefined);
      return client;
    };
    const clients = [await fight()];
    const endMs = Date.now() + 15_000;
    while (!told().includes('[box.clone]') && Date.now() < endMs) clients.push(await fight());
    expect(told()).toContain('Box: hx-twins');
    for (const client of clients) client.end(true);
  }, 30_000);
});
