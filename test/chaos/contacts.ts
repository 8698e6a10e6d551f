/** Captures with a known number of alerts in them, one for each machine that asks for the bad name, spread evenly over some seconds. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Alert } from '../../firmware/contract/alert.ts';
import { replayCommand } from '../bench/command.ts';
import { measureOk } from '../bench/measure.ts';
import { writeLookups } from '../live/lookups.ts';

const badName = 'beacon.bad.example';
/** Machines have addresses of their own: 10.20.1.0 upwards. */
const machinesMax = 60_000;

export interface Contacts {
  indicators: string;
  captures: readonly string[];
}

export function writeContacts(folder: string, { captures, each, seconds }: { captures: number; each: number; seconds: number }): Contacts {
  if (captures * each > machinesMax) throw new Error(`at most ${machinesMax} machines, not ${captures} × ${each}`);
  const indicators = join(folder, 'bad.txt');
  writeFileSync(indicators, 'bad.example\n');
  const paths = Array.from({ length: captures }, (_, index) => {
    const path = join(folder, `contacts-${index}.pcap`);
    writeLookups(path, badName, { first: 1 + index * each, count: each, gapMicros: Math.round((seconds * 1e6) / each) });
    return path;
  });
  return { indicators, captures: paths };
}

/** What a replay finds in them: id -> last revision. */
export async function expectedAlerts({ indicators, captures }: Contacts, config: string): Promise<Map<string, number>> {
  const expected = new Map<string, number>();
  for (const capture of captures) {
    const { stdout } = await measureOk(replayCommand(indicators, capture, '--json', '--config', config), { keepOutput: true });
    for (const line of stdout.split('\n')) {
      if (line === '') continue;
      const { id, rev } = JSON.parse(line) as Alert;
      expected.set(id, rev);
    }
  }
  return expected;
}
