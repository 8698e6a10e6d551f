/** `vonggac intel build`: hands the command line to the compiler of indicator sets. */
import { type IntelBuildOptions, intelBuild } from '../sensor/intel/build-command.ts';
import { tlps } from '../sensor/intel/indicator.ts';
import { UserError } from './user-error.ts';

export async function buildIntel(out: string, files: string[], options: Omit<IntelBuildOptions, 'tlp'> & { tlp?: string }): Promise<void> {
  const { tlp: label, ...rest } = options;
  const tlp = tlps.find((known) => known === label);
  if (label !== undefined && tlp === undefined) throw new UserError(`--tlp ${label}: give one of ${tlps.join(', ')}`);
  const print = {
    out: (line: string) => process.stdout.write(`${line}\n`),
    error: (line: string) => process.stderr.write(`${line}\n`),
  };
  const { exitCode } = await intelBuild(out, files, { ...rest, ...(tlp === undefined ? {} : { tlp }) }, print);
  process.exitCode = exitCode;
}
