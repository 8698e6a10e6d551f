/** `vonggac agent`: the agent alone. It tells the centre that the box is there and that no sensor reports to it. */
import { pino } from 'pino';
import { runAgent } from '../agent/main.ts';
import { readConfig } from '../config.ts';
import { MemoryOutbox } from '../outbox/memory-outbox.ts';
import { version } from '../version.ts';
import { UserError } from './user-error.ts';

export async function agent(options: { config?: string }): Promise<void> {
  const { box, agency, uplink, healthIntervalSeconds } = readConfig(options.config);
  if (uplink === undefined) throw new UserError('vonggac agent needs --config FILE with "uplink": give uplink.url of the broker');
  const stopping = new AbortController();
  process.once('SIGTERM', () => stopping.abort()).once('SIGINT', () => stopping.abort());
  await runAgent({
    config: { box, uplink, healthIntervalSeconds, ...(agency === undefined ? {} : { agency }) },
    outbox: new MemoryOutbox(),
    healthSource: () => ({
      capture: { state: 'waiting', source: 'none', error: 'no sensor reports to this agent', shedding: false, packets: 0, bytes: 0 },
    }),
    version,
    log: pino({ base: { process: 'agent' } }),
    signal: stopping.signal,
  });
}
