/** Two captures of one kind become ns per packet of `vonggac replay` and of tcpdump, measured in turn, and their ratio. */

import { replayCommand, tcpdumpCommand } from '../command.ts';
import type { Figure } from '../figure.ts';
import { type Cost, measureOk, median } from '../measure.ts';
import { startProgress } from '../progress.ts';
import type { Capture } from '../workspace.ts';

export interface Comparison {
  replayNs: number;
  tcpdumpNs: number;
  ratio: number;
  /** Of replay, on either size: the highest of all rounds. */
  peakRssMegabytes: { small: number; large: number };
}

/** The difference of two sizes leaves out start-up, loading of indicators and the warming of the compiler. */
export async function compare(small: Capture, large: Capture, intel: string, rounds: number): Promise<Comparison> {
  const costs: Record<'replay' | 'tcpdump', Record<'small' | 'large', Cost[]>> = {
    replay: { small: [], large: [] },
    tcpdump: { small: [], large: [] },
  };
  const progress = startProgress(`measuring ${rounds} rounds`);
  for (const capture of [small, large]) await measureOk(tcpdumpCommand(capture.path)); // the files come from memory in every measured run
  for (let round = 0; round < rounds; round++) {
    progress.show(round, rounds);
    costs.tcpdump.small.push(await measureOk(tcpdumpCommand(small.path)));
    costs.replay.small.push(await measureOk(replayCommand(intel, small.path)));
    costs.tcpdump.large.push(await measureOk(tcpdumpCommand(large.path)));
    costs.replay.large.push(await measureOk(replayCommand(intel, large.path)));
  }
  const packets = large.packets - small.packets;
  const cpu = (list: readonly Cost[]): number => median(list.map((cost) => cost.cpuSeconds));
  const perPacket = (of: 'replay' | 'tcpdump'): number => ((cpu(costs[of].large) - cpu(costs[of].small)) / packets) * 1e9;
  const peak = (list: readonly Cost[]): number => Math.max(...list.map((cost) => cost.peakRssMegabytes));
  const replayNs = perPacket('replay');
  const tcpdumpNs = perPacket('tcpdump');
  progress.done(`replay ${cpu(costs.replay.small).toFixed(2)} and ${cpu(costs.replay.large).toFixed(2)} s CPU`);
  const peakRssMegabytes = { small: peak(costs.replay.small), large: peak(costs.replay.large) };
  return { replayNs, tcpdumpNs, ratio: replayNs / tcpdumpNs, peakRssMegabytes };
}

export function comparisonFigures(kind: string, comparison: Comparison, bounds: { goal?: number; limit: number }): Figure[] {
  return [
    { name: `${kind}: vonggac replay`, value: comparison.replayNs, unit: 'ns/packet' },
    { name: `${kind}: tcpdump -w /dev/null`, value: comparison.tcpdumpNs, unit: 'ns/packet' },
    { name: `${kind}: ratio`, value: comparison.ratio, unit: '', digits: 2, ...bounds },
  ];
}
