/** The commands of the centre as the bench starts them. */
import type { TestAccess } from '../../centre/broker/centre-broker.ts';
import { node, projectFile } from '../command.ts';
import { Program, type ProgramOptions } from './program.ts';

/** Resolves once it is connected to the broker and subscribed. */
export async function startIngest(access: TestAccess, store: string, name: string, options: ProgramOptions = {}): Promise<Program> {
  const { url, caFile, certFile, keyFile } = access;
  const words = ['--broker', url, '--ca', caFile, '--cert', certFile, '--key', keyFile, '--store', store, '--name', name];
  const ingest = new Program([node, ...profiling(), projectFile('centre/cli.ts'), 'ingest', ...words], options);
  try {
    await ingest.line(({ msg }) => msg === 'connected to the broker', 'ingest to connect to the broker');
    return ingest;
  } catch (error) {
    await ingest.stop('SIGKILL');
    throw error;
  }
}

/** `VONGGAC_BENCH_PROFILE=FOLDER` has every program of the product leave a CPU profile there. */
export function profiling(): string[] {
  const folder = process.env.VONGGAC_BENCH_PROFILE;
  return folder === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${folder}`];
}
