/** The outbox thread of a process: owns the one connection to the database, does what is asked in turn, and the upkeep in between. Wiring only. */
import { parentPort, workerData } from 'node:worker_threads';
import { faultOf } from './fault.ts';
import { OutboxFolder } from './folder.ts';
import { DiskJobs } from './jobs.ts';
import { type Answer, type Answers, type JobName, type Jobs, type Request, type ThreadSettings, unasked } from './protocol.ts';
import { DiskSession } from './session.ts';
import { Upkeep } from './upkeep.ts';

const settings = workerData as ThreadSettings;
const port = parentPort;
if (port === null) throw new Error('this file is started as a worker thread');

const folder = new OutboxFolder(settings.folder, settings);
const session = new DiskSession(folder, settings);
const jobs = new DiskJobs(session, folder, settings);
const upkeep = new Upkeep(session, folder, jobs);

const handlers: { [Name in JobName]: (job: Jobs[Name]) => Answers[Name] } = {
  commit: (job) => jobs.commit(job),
  next: (job) => jobs.next(job),
  remove: (job) => jobs.end('remove', job),
  refuse: (job) => jobs.end('refuse', job),
  measure: () => jobs.measure(),
  close: () => {
    clearTimeout(timer);
    upkeep.close();
    session.close();
    port.close();
    return {};
  },
};

function answered<Name extends JobName>({ number, name, job }: Request<Name>): Answer {
  try {
    const answer = handlers[name](job);
    return { number, answer, begunAnew: session.begunAnew };
  } catch (error) {
    return { number, fault: faultOf(error).message, begunAnew: session.begunAnew };
  }
}

let timer = setTimeout(keepUp, 0);

function keepUp(): void {
  const { begunAnew } = session;
  timer = setTimeout(keepUp, upkeep.step());
  if (session.begunAnew !== begunAnew) port?.postMessage({ number: unasked, begunAnew: session.begunAnew } satisfies Answer);
}

port.on('message', (request: Request) => port.postMessage(answered(request)));
