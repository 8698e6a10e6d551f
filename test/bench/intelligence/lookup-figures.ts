/**
 * What a question to the indicators costs with one release, with the next, and while the one takes the place of the other: asked by turns in one process,
 * so that what else the machine does falls on all of them.
 */

import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { SetBuilder } from '../../../firmware/sensor/intel/compile.ts';
import type { Indicators } from '../../../firmware/sensor/intel/indicator.ts';
import { IndicatorFiles } from '../../../firmware/sensor/intel/indicator-files.ts';
import { parseValue } from '../../../firmware/sensor/intel/parse-value.ts';
import { Random } from '../../fuzz/random.ts';
import type { Figure } from '../figure.ts';
import { indicatorLine } from '../generate-indicators.ts';
import { median } from '../measure.ts';
import { startProgress } from '../progress.ts';

const seed = 20_200_121;
const nowMs = Date.UTC(2026, 0, 19);
/** Some tenths of a millisecond: shorter than a turn of the scheduler, so that the median slice was not interrupted. */
const questionsOfSlice = 1_000;
const slicesAtRest = 200;
/** Names and addresses that are asked for: more than the processor keeps close. */
const questionCount = 200_000;
/** Of the questions, in one of the two releases. */
const knownShare = 0.05;
/** Against a release at rest; a set that is being read and hashed wants the same caches. */
const ratioGoal = { next: 1.1, while: 1.5 };
const ratioMax = { next: 1.25, while: 2 };

interface Question {
  name: string;
  address: number;
}

export async function lookupFigures(folder: string, count: number, rounds: number): Promise<Figure[]> {
  const paths = [join(folder, 'first.vgi'), join(folder, 'second.vgi')] as const;
  const known = paths.map((path, index) => compile(path, count, seed + index));
  const questions = draw(known);
  const files = await IndicatorFiles.open([]);
  const take = (path: string) => files.takeRelease(path, () => undefined);
  const times = { first: [] as number[], second: [] as number[], between: [] as number[] };
  const progress = startProgress('lookups');
  await take(paths[0]);
  // The compilers of V8 get their turn before anything counts.
  for (let slice = 0; slice < slicesAtRest; slice++) ask(files.current, questions, slice);
  for (let round = 0; round < rounds; round++) {
    for (const [path, at] of [
      [paths[1], times.second],
      [paths[0], times.first],
    ] as const) {
      times.between.push(...(await askMeanwhile(files, questions, take(path))));
      for (let slice = 0; slice < slicesAtRest; slice++) {
        at.push(ask(files.current, questions, slice));
        await setImmediate();
      }
    }
    progress.show(round + 1, rounds);
  }
  progress.done(`${times.between.length} slices while a release came into use`);
  for (const path of paths) rmSync(path);
  const [first, second, between] = [median(times.first), median(times.second), median(times.between)];
  const atRest = (first + second) / 2;
  return [
    { name: `intelligence: lookup, one release of ${count}`, value: first, unit: 'ns', digits: 1 },
    { name: 'intelligence: lookup, the next release', value: second, unit: 'ns', digits: 1 },
    { name: 'intelligence: lookup, while it comes into use', value: between, unit: 'ns', digits: 1 },
    {
      name: 'intelligence: next release against the one before',
      value: second / first,
      unit: '×',
      digits: 2,
      goal: ratioGoal.next,
      limit: ratioMax.next,
    },
    {
      name: 'intelligence: meanwhile against at rest',
      value: between / atRest,
      unit: '×',
      digits: 2,
      goal: ratioGoal.while,
      limit: ratioMax.while,
    },
  ];
}

/** Gives some of the names in it. */
function compile(path: string, count: number, seedOfList: number): string[] {
  const random = new Random(seedOfList);
  const builder = new SetBuilder({ a: seed, b: ~seed });
  const names: string[] = [];
  for (let number = 0; number < count; number++) {
    const line = indicatorLine(random);
    const value = parseValue(line);
    if (typeof value === 'string') continue;
    builder.add(value, { confidence: 75, source: 'bench' }, false);
    if (names.length < questionCount * knownShare && /^[a-z]/.test(line) && !line.includes(':')) names.push(line);
  }
  writeFileSync(path, builder.finish());
  return names;
}

/** Mostly what is in no list, as in an office. */
function draw(known: readonly (readonly string[])[]): Question[] {
  const random = new Random(seed + known.length);
  return Array.from({ length: questionCount }, (_, index) => {
    const names = known[index % known.length]!;
    const isKnown = random.chance(knownShare);
    const name = isKnown ? random.pick(names) : `www${random.below(100)}.shop${random.below(1_000_000)}.example`;
    return { name, address: random.i32() };
  });
}

/** Nanoseconds of one question, of a slice of them. */
function ask(indicators: Indicators, questions: readonly Question[], slice: number): number {
  const startMs = performance.now();
  let found = 0;
  for (let index = 0; index < questionsOfSlice; index++) {
    const { name, address } = questions[(slice * questionsOfSlice + index) % questionCount]!;
    if (indicators.domain(name, nowMs) !== undefined) found++;
    if (indicators.address(0, 0, 0xffff, address, 443, nowMs) !== undefined) found++;
  }
  const ns = ((performance.now() - startMs) * 1e6) / (2 * questionsOfSlice);
  if (found > 2 * questionsOfSlice) throw new RangeError('more answers than questions');
  return ns;
}

async function askMeanwhile(files: IndicatorFiles, questions: readonly Question[], taking: Promise<unknown>): Promise<number[]> {
  const times: number[] = [];
  let isOver = false;
  const over = taking.finally(() => {
    isOver = true;
  });
  for (let slice = 0; !isOver; slice++) {
    times.push(ask(files.current, questions, slice));
    await setImmediate();
  }
  await over;
  return times;
}
