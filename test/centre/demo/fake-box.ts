/** Stands in for the box where only the demonstration is tested: `node fake-box.ts run --config FILE`, publishes and ends. */
import { readFileSync } from 'node:fs';
import { connectAsync } from 'mqtt';
import { up } from '../../../firmware/contract/topics.ts';
import { healthOf } from '../../firmware/agent/panel/health-sample.ts';
import { alertOf } from '../alert-sample.ts';

const configuration = JSON.parse(readFileSync(process.argv.at(-1) ?? '', 'utf8'));
const { box, capture, uplink } = configuration;
if (capture.pace === 99) {
  process.stderr.write('cannot read the capture \x1b[2J\n');
  process.exit(2);
}
const client = await connectAsync(uplink.url, { protocolVersion: 5 });
const send = (topic: string, message: object, retain: boolean) =>
  client.publishAsync(topic, JSON.stringify({ ...message, box }), { qos: 1, retain });
const presence = { schema: 'presence/1', boot: 'b', session: 1, ts: new Date().toISOString(), versions: { firmware: '0', node: '24' } };

await send(up.presence(box), { ...presence, online: true }, true);
await send(up.health(box), { ...healthOf(), ts: new Date().toISOString() }, true);
if (capture.pace !== 98) {
  await send(up.alert(box), alertOf({ stage: 'attempt', severity: 2 }), false);
  await send(up.alert(box), alertOf({ rev: 2, stage: 'exchange', severity: 4 }), false);
  await send(up.alert(box), alertOf({ id: '01940000-0000-7000-8000-000000000002', kind: 'c2.tls', stage: 'attempt' }), false);
}
if (capture.interface !== undefined) await new Promise((resolve) => process.once('SIGTERM', resolve));
await send(up.presence(box), { ...presence, online: false, planned: true }, true);
await client.endAsync();
