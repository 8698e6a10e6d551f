/** A desk for commands in a folder of its own, with handlers that note what was done. */
import { join } from 'node:path';
import { CommandDesk, type CommandDeskParts, CommandFault, type CommandHandlers } from '../../../../firmware/agent/command/command-desk.ts';
import type { OrderEntry } from '../../../../firmware/agent/ledger/ledger-entry.ts';
import { TrustedTime } from '../../../../firmware/agent/orders/trusted-time.ts';
import type { CommandResponse } from '../../../../firmware/contract/command-message.ts';
import { newFolder } from '../config/box-of-test.ts';
import { bornMs, box, director } from '../orders/director.ts';
import { until } from '../uplink/listener.ts';

export const signing = director();
export interface Desk {
  folder: string;
  desk: CommandDesk;
  done: string[];
  answers: (CommandResponse & { correlation: string })[];
  ledger: OrderEntry[];
  clock: { nowMs: number; synced: boolean };
  send(payload: Uint8Array, correlation?: string): Error | undefined;
  answer(id: string): Promise<CommandResponse>;
}

export function makeDesk(changes: Partial<CommandDeskParts> & { folder?: string; now?: { nowMs: number; synced: boolean } } = {}): Desk {
  const { folder = newFolder(), now, ...parts } = changes;
  const clock = now ?? { nowMs: Date.now(), synced: true };
  const [done, answers, ledger]: [string[], Desk['answers'], OrderEntry[]] = [[], [], []];
  const note = (name: string) => async (given: unknown) => {
    done.push(`${name} ${JSON.stringify(given)}`);
    return { was: name };
  };
  const handlers: CommandHandlers = {
    identify: note('identify'),
    'lamp-test': note('lamp-test'),
    restart: note('restart'),
    doctor: note('doctor'),
    'rotate-key': note('rotate-key'),
    'retro-match': note('retro-match'),
    evidence: async () => {
      throw new CommandFault('not-kept', 'this box keeps no evidence');
    },
  };
  const time = new TrustedTime({ file: join(folder, 'time.json'), builtMs: bornMs, clock: () => clock, onProblem: () => undefined });
  const desk = new CommandDesk({
    box,
    directorKeys: [signing.publicKey],
    file: join(folder, 'commands.json'),
    handlers,
    respond: (response, correlation) => answers.push({ ...response, correlation: Buffer.from(correlation ?? []).toString() }),
    time,
    ledger: {
      record: (entry) => {
        if (entry.kind === 'order') ledger.push(entry);
      },
    },
    log: { info: () => undefined, warn: () => undefined },
    ...parts,
  });
  return {
    ...{ folder, desk, done, answers, ledger, clock },
    send(payload, correlation = 'c') {
      try {
        desk.request({ payload, correlation: Buffer.from(correlation) });
        return undefined;
      } catch (error) {
        return error instanceof Error ? error : new Error(String(error));
      }
    },
    async answer(id) {
      await until(() => answers.some((answer) => answer.id === id), `the answer to ${id}`);
      return answers.find((answer) => answer.id === id)!;
    },
  };
}

export function makeHandlers({ done }: Desk): CommandHandlers {
  const work = async () => {
    done.push('done');
  };
  return { identify: work, 'lamp-test': work, restart: work, doctor: work, 'rotate-key': work, 'retro-match': work, evidence: work };
}
