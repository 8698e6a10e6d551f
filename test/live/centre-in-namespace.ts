/**
 * A program that the live tests start inside a network namespace: a real Mosquitto on its loopback and a listener for all that boxes
 * publish. Talks in JSON lines: the broker's URL first, then each message with the time of its arrival. Ends with its standard input.
 */
import { once } from 'node:events';
import { startBroker } from '../../centre/demo/broker.ts';
import { listen } from '../firmware/agent/uplink/listener.ts';

function say(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

const broker = await startBroker();
const { client } = await listen(broker.url);
client.on('message', (topic, payload) => say({ topic, body: JSON.parse(payload.toString('utf8')), heardMs: Date.now() }));
say({ url: broker.url });
process.stdin.resume();
await once(process.stdin, 'end');
await client.endAsync(true);
await broker.stop();
