/**
 * `npm run chaos [-- --kills N] [--store URL] [--seed N] [--keep]`: kills sensor, agent, broker and ingest at random while 20,000 alerts are
 * raised, and says whether each arrived once. Takes some ten minutes. Ends with 1 where anything is missing, doubled or left.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { chaos, isWhole } from './chaos.ts';

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      kills: { type: 'string', default: '200' },
      seed: { type: 'string', default: String(Date.now() % 1_000_000) },
      store: { type: 'string' },
      keep: { type: 'boolean', default: false },
    },
  });
  const folder = mkdtempSync(join(tmpdir(), 'vonggac-chaos-'));
  process.once('exit', () => {
    if (!values.keep) rmSync(folder, { recursive: true, force: true });
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
  process.stdout.write(`seed ${values.seed}, folder ${folder}\n`);
  const account = await chaos({
    folder,
    seed: Number(values.seed),
    kills: Number(values.kills),
    captures: 40,
    alertsOfCapture: 500,
    secondsOfCapture: 8,
    killEveryMs: 2_000,
    drainTimeoutMs: 120_000,
    ...(values.store === undefined ? {} : { store: values.store }),
    onProgress: (text) => process.stdout.write(`  ${text}\n`),
  });
  const { output, ...figures } = account;
  process.stdout.write(`${JSON.stringify(figures, null, 2)}\n`);
  if (isWhole(account)) return 0;
  for (const [name, text] of Object.entries(output)) process.stdout.write(`--- ${name}\n${text}\n`);
  return 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`chaos: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
}
