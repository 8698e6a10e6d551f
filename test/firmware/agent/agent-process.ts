/** A whole agent in a process of its own, to be killed by a test: `node agent-process.ts URL`. */
import { makeAgent } from './agent-of-test.ts';

const [, , url = ''] = process.argv;
await makeAgent({ box: 'killed-box', uplink: { url } }).agent.start();
