/**
 * The folder where the bench keeps its captures and lists: makes each when first asked for, removes it when told. Everything is made
 * anew in each run of the bench: nothing of an interrupted or older one is trusted.
 */

import { existsSync, mkdirSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vonggac } from './command.ts';
import { generateFlows } from './generate-flows.ts';
import { generateHostile } from './generate-hostile.ts';
import { generateIndicators } from './generate-indicators.ts';
import { type Generated, generateOffice } from './generate-office.ts';
import { measureOk } from './measure.ts';
import { type Progress, startProgress } from './progress.ts';

export interface Capture {
  path: string;
  packets: number;
  bytes: number;
}

/** What the largest part holds at the same time: two office captures and a compiled list. */
const freeBytesNeeded = 9e9;
const seed = 20_200_121;

export class Workspace {
  readonly folder: string;
  private readonly keep: boolean;
  private readonly captures = new Map<string, Capture>();
  private readonly compiled = new Set<string>();

  constructor(folder: string | undefined, keep: boolean) {
    this.folder = folder ?? join(tmpdir(), 'vonggac-bench');
    this.keep = keep;
    mkdirSync(this.folder, { recursive: true });
    const { bavail, bsize } = statfsSync(this.folder);
    if (bavail * bsize < freeBytesNeeded) {
      const free = ((bavail * bsize) / 1e9).toFixed(1);
      throw new Error(
        `the bench needs ${freeBytesNeeded / 1e9} GB free in ${this.folder}, and there are ${free} GB: choose another folder with --folder`,
      );
    }
  }

  office(packets: number): Capture {
    const live = 2000;
    return this.capture(`office-${packets}.pcap`, (path, progress) => generateOffice(path, { packets, live, seed }, progress));
  }

  hostile(packets: number): Capture {
    return this.capture(`hostile-${packets}.pcap`, (path, progress) => generateHostile(path, { packets, seed }, progress));
  }

  flows(flows: number): Capture {
    return this.capture(`flows-${flows}.pcap`, (path, progress) => generateFlows(path, { flows, seed }, progress));
  }

  /** Indicators compiled by the product's own command; the text list is not kept. */
  async indicators(count: number): Promise<string> {
    const compiled = join(this.folder, `indicators-${count}.vgi`);
    if (this.compiled.has(compiled) && existsSync(compiled)) return compiled;
    rmSync(compiled, { force: true });
    const list = join(this.folder, `indicators-${count}.txt`);
    generateIndicators(list, { count, seed }, startProgress(`${count} indicators`));
    const progress = startProgress(`compiling ${count} indicators`);
    const cost = await measureOk(vonggac('intel', 'build', compiled, list));
    progress.done(`${cost.cpuSeconds.toFixed(1)} s CPU, peak ${cost.peakRssMegabytes.toFixed(0)} MB`);
    rmSync(list);
    this.compiled.add(compiled);
    return compiled;
  }

  /** Removes a file that no later measurement needs. */
  drop(path: string): void {
    if (!this.keep) rmSync(path, { force: true });
  }

  close(): void {
    if (!this.keep) rmSync(this.folder, { recursive: true, force: true });
  }

  private capture(name: string, generate: (path: string, progress: Progress) => Generated): Capture {
    const known = this.captures.get(name);
    if (known !== undefined && existsSync(known.path)) return known;
    const path = join(this.folder, name);
    const progress = startProgress(name);
    const { packets, bytes } = generate(path, progress);
    progress.done(`${packets} packets, ${(bytes / 1e6).toFixed(0)} MB`);
    const capture = { path, packets, bytes };
    this.captures.set(name, capture);
    return capture;
  }
}
