/** `vonggac-centre intel import`: finds the library, imports, prints. */
import { openCentreFolder } from '../../centre-folder.ts';
import { UserError } from '../../command/user-error.ts';
import { withFaultsForUser } from '../release/fault-for-user.ts';
import { type ImportOptions, importList } from './import-list.ts';
import { reportLines } from './words.ts';

export interface ImportFlags extends ImportOptions {
  centre?: string;
}

/** Exit status 1: done, but the list held nothing and the source was left as it was. */
export async function runImport(named: string, flags: ImportFlags): Promise<void> {
  const isDry = flags.dryRun === true;
  const folder = libraryFolder(flags.centre, isDry);
  const report = await withFaultsForUser(() => importList(named, folder, flags));
  if (flags.json === true) process.stdout.write(`${JSON.stringify(report)}\n`);
  else process.stdout.write(`${reportLines(report, flags.lang, isDry).join('\n')}\n`);
  if (!report.kept && !isDry) process.exitCode = 1;
}

/** Only to look needs no centre. */
function libraryFolder(named: string | undefined, isDry: boolean): string | undefined {
  try {
    return openCentreFolder(named).file('intelligence');
  } catch (error) {
    if (isDry && named === undefined && error instanceof UserError) return undefined;
    throw error;
  }
}
