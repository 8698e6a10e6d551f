/** The thread that keeps the memory of what was seen: owns the folder, does what is asked in turn. Wiring only. */
import { parentPort, workerData } from 'node:worker_threads';
import type { SeenMemory } from '../../contract/sighting.ts';
import { sourceOf } from './answer.ts';
import type { BlockSource } from './collect.ts';
import { readDays } from './day-files.ts';
import { Interval } from './interval.ts';
import {
  type MemoryAnswer,
  type MemoryAnswers,
  type MemoryJobName,
  type MemoryJobs,
  type MemoryRequest,
  type MemorySettings,
  nothingKept,
} from './protocol.ts';
import { SeenStore } from './store.ts';

const { folder, options } = workerData as MemorySettings;
const port = parentPort;
if (port === null) throw new Error('this file is started as a worker thread');

let opened: SeenStore | undefined;
let today: number | undefined;
let source: BlockSource | undefined;

/** Tried again with each request: a disk may come back. */
function store(): SeenStore {
  opened ??= new SeenStore(folder, options);
  return opened;
}

const interval = new Interval(options.sightingsMax, (batch) => store().append(batch, today));

const handlers: { [Name in MemoryJobName]: (job: MemoryJobs[Name]) => MemoryAnswers[Name] | Promise<MemoryAnswers[Name]> } = {
  take: ({ part, isOver, today: day }) => {
    today = day;
    interval.take(part, isOver, performance.now());
    return {};
  },
  walk: async ({ sinceDay }) => {
    if (sinceDay !== undefined) source = sourceOf(readDays(folder, sinceDay));
    const block = await source?.next();
    return block === undefined ? {} : { block };
  },
  rows: async ({ values }) => ({ rows: (await source?.rows(values)) ?? [] }),
  'keep-told': ({ text }) => {
    store().keepTold(text);
    return {};
  },
  close: () => {
    port.close();
    return {};
  },
};

function state(): SeenMemory {
  const kept = opened?.state ?? nothingKept;
  return { ...kept, refused: kept.refused + interval.refused, lost: kept.lost + interval.lost };
}

async function answered<Name extends MemoryJobName>({ number, name, job }: MemoryRequest<Name>): Promise<MemoryAnswer> {
  try {
    const answer = await handlers[name](job);
    return { number, answer, state: state() };
  } catch (error) {
    return { number, fault: error instanceof Error ? error.message : String(error), state: state() };
  }
}

let before = Promise.resolve();
port.on('message', (request: MemoryRequest) => {
  before = before.then(async () => port.postMessage(await answered(request)));
});
