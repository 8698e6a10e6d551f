/** The thread of one search of the memory: question in, answer out, and it ends. Wiring only. */
import { parentPort, workerData } from 'node:worker_threads';
import { answer, type RetroQuestion } from './answer.ts';

const question = workerData as RetroQuestion;
try {
  parentPort?.postMessage({ result: await answer(question) });
} catch (error) {
  parentPort?.postMessage({ fault: error instanceof Error ? error.message : String(error) });
}
