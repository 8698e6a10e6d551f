/** Writes lines into a ledger as fast as it is told to, and says after each gathering how many there are; to be killed. */
import { Ledger } from '../../../../firmware/agent/ledger/ledger.ts';

const [folder = ''] = process.argv.slice(2);
const ledger = new Ledger({ folder, onProblem: (text) => process.stdout.write(`${text}\n`), limits: { gatherMs: 1 } });
ledger.start();
let number = 0;
setInterval(() => {
  for (let i = 0; i < 20; i++) ledger.record({ kind: 'identity', what: 'key', detail: `line ${++number} ${'x'.repeat(200)}` });
  process.stdout.write(`${number}\n`);
}, 2);
