/** A whole agent in a folder of its own, with quick waits. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Agent, type AgentParts } from '../../../firmware/agent/main.ts';
import { boxConfigSchema } from '../../../firmware/config.ts';

export interface TestAgent {
  agent: Agent;
  /** With the outbox and the socket in it. */
  folder: string;
  socket: string;
}

/** `options` as in a configuration file. */
export function makeAgent(
  options: { box: string; uplink: { url: string; backoff?: object } } & Record<string, unknown>,
  changes: Partial<AgentParts> = {},
): TestAgent {
  const folder = mkdtempSync(join(tmpdir(), 'vonggac-agent-'));
  const socket = join(folder, 'agent.sock');
  const { uplink, ...config } = boxConfigSchema.parse({ healthIntervalSeconds: 0.2, ...options });
  if (uplink === undefined) throw new Error('no uplink');
  const log = { info: () => undefined, warn: () => undefined };
  const agent = new Agent({
    config: { ...config, uplink },
    folder,
    socket,
    boot: 'boot-1',
    version: '0.1.0',
    doctor: async () => [],
    ledgerFolder: join(folder, 'ledger'),
    log,
    ...changes,
  });
  return { agent, folder, socket };
}
