/** A whole agent in a process of its own, to be killed by a test: `node agent-process.ts URL`. */
import { Agent } from '../../../firmware/agent/main.ts';
import { MemoryOutbox } from '../../../firmware/outbox/memory-outbox.ts';

const [, , url = ''] = process.argv;
const outbox = new MemoryOutbox();
const agent = new Agent({
  config: { box: 'killed-box', uplink: { url } },
  outbox,
  healthSource: () => ({ capture: { state: 'running', source: 'test', shedding: false, packets: 1, bytes: 60 } }),
  version: '0.0.0',
  log: { info: () => {}, warn: () => {} },
});
agent.start();
