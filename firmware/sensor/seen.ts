/** The memory of what was seen, as the sensor opens it and has it searched. Without one the sensor does all else. */
import type { Logger } from 'pino';
import { type BoxConfig, outboxFolder } from '../config.ts';
import { stateFiles } from '../state-folder.ts';
import type { AgentChannel } from './agent-channel.ts';
import type { Indicators } from './intel/indicator.ts';
import { type Memory, openMemory } from './memory/memory.ts';
import type { Pipeline } from './pipeline.ts';

const dayMs = 86_400_000;

/** Undefined where it is switched off, or its folder cannot be had. */
export function memoryFor(config: BoxConfig, channel: AgentChannel, log: Logger): Memory | undefined {
  const folder = stateFiles.memoryFolder(outboxFolder(config));
  // A day counts where somebody vouches for the clock.
  const today = () => (channel.clock?.synced === true ? Math.floor(Date.now() / dayMs) : undefined);
  try {
    return openMemory({ folder, options: config.memory, today });
  } catch (error) {
    log.warn({ reason: reasonOf(error) }, 'there is no memory of what was seen');
    return undefined;
  }
}

/** What is bad news today may have been met last week. Returns at once; `previous`: what was known before. */
export function searchPast(memory: Memory | undefined, pipeline: Pipeline, log: Logger, previous?: Indicators): void {
  const { indicators, raise } = pipeline;
  const search = { indicators, raise, nowMicros: Date.now() * 1000, ...(previous && { previous }) };
  memory?.search(search).then(
    (found) => {
      if (found !== undefined && found.raised + found.omitted > 0) log.info(found, 'the past was searched for new indicators');
    },
    (error: unknown) => log.warn({ reason: reasonOf(error) }, 'the past could not be searched for new indicators'),
  );
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
