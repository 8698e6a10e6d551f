/**
 * Values -> which machines met them, out of the memory of what was seen that the sensor keeps. For the command line and for the signed command of the
 * same name; reads only. Works in a thread of its own: seconds of searching must not hold up whoever asks.
 */
import { Worker } from 'node:worker_threads';
import type { RetroMatchResult } from './contract/sighting.ts';
import type { RetroQuestion } from './sensor/memory/answer.ts';

/** A command's answer goes through the broker with all else it says; below the 200 KB that it may have. */
export const commandAnswerBytesMax = 180_000;
export const commandHostsPerValueMax = 50;
/** For a person at the box, who may want all of it. */
const bytesMax = 256 * 1024 * 1024;
const hostsPerValueMax = 10_000;

const dayMs = 86_400_000;
/** A thread that hangs on a broken disk is given up. */
const timeoutMs = 120_000;
const heapBounds = { maxOldGenerationSizeMb: 256, maxYoungGenerationSizeMb: 16 };

export interface RetroMatchRequest {
  /** `stateFiles.memoryFolder` of the box. */
  folder: string;
  /** As in a list of indicators. */
  values: readonly string[];
  /** Today and the days before it, by the clock of the box. */
  days: number;
  nowMs: number;
  hostsPerValueMax?: number;
  /** Of the values in the answer, as JSON. */
  bytesMax?: number;
}

/** Rejects where the folder cannot be read. What was seen in the last minutes is not on disk yet. */
export function retroMatch(request: RetroMatchRequest): Promise<RetroMatchResult> {
  const { folder, values, days, nowMs } = request;
  const question: RetroQuestion = {
    folder,
    values,
    sinceDay: Math.floor(nowMs / dayMs) - days + 1,
    hostsPerValueMax: request.hostsPerValueMax ?? hostsPerValueMax,
    bytesMax: request.bytesMax ?? bytesMax,
  };
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./sensor/memory/answer-worker.ts', import.meta.url), {
      name: 'retro-match',
      workerData: question,
      // What the process was started with may not be for a thread: `--eval`, `--input-type`.
      execArgv: [],
      resourceLimits: heapBounds,
    });
    const late = setTimeout(() => void worker.terminate(), timeoutMs);
    worker.once('message', (answer: { result?: RetroMatchResult; fault?: string }) => {
      if (answer.result !== undefined) resolve(answer.result);
      else reject(new Error(answer.fault));
    });
    worker.once('error', reject);
    worker.once('exit', () => {
      clearTimeout(late);
      reject(new Error('the search ended without an answer'));
    });
  });
}
