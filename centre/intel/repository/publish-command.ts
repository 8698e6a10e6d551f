/**
 * `vonggac-centre intel publish`: checks a release, puts it into the repository, and has boxes take it, wave after wave. What was published already is not
 * published again: the command may be given once more to go on.
 */
import type { Release } from '../../../firmware/contract/intelligence-message.ts';
import type { Language } from '../../../firmware/contract/language.ts';
import { type CentreFolder, openCentreFolder } from '../../centre-folder.ts';
import { passphraseOf } from '../../command/passphrase.ts';
import { UserError } from '../../command/user-error.ts';
import { chosenBoxes, Director } from '../../director/director.ts';
import { isUnfinished, type RolloutFile, type RolloutState, rolloutFileOf } from '../../rollout/rollout-file.ts';
import { faultOfPercents } from '../../rollout/rollout-plan.ts';
import { runRollout } from '../../rollout/run-rollout.ts';
import { Progress } from '../import/progress.ts';
import { withFaultsForUser } from '../release/fault-for-user.ts';
import { type CheckFlags, checkOf, chosenVersion, printCheck, releasesOf } from '../release/release-command.ts';
import { warnOfDue } from './due.ts';
import { type PublishedTarget, publishedReleases, publishRelease } from './publish-release.ts';
import { repositoryOf } from './repository.ts';

export interface PublishFlags extends CheckFlags {
  /** Shares of boxes; absent: nothing is ordered of boxes. */
  rollout?: number[];
  over: number;
  reportWithin?: number;
  failures?: number;
  tag?: string;
  resume?: boolean;
  abort?: boolean;
  yesReally?: boolean;
  author: string;
}

/** A box that has not said anything for so long is late: a delta takes seconds, a whole release over a thin line minutes. */
const reportWithinMsLeast = 60_000;

export async function runPublish(named: number | undefined, flags: PublishFlags): Promise<void> {
  const fault = flags.rollout === undefined ? undefined : faultOfPercents(flags.rollout);
  if (fault !== undefined) throw new UserError(`--rollout: ${fault}, as in 1,10,50,100`);
  const ways = [flags.rollout !== undefined, flags.resume === true, flags.abort === true].filter(Boolean).length;
  if (ways > 1) throw new UserError('--rollout begins, --resume goes on, --abort ends: give one of them');
  if (named !== undefined && (flags.resume === true || flags.abort === true))
    throw new UserError('--resume and --abort are about the release of the last rollout: name none');
  const director = new Director(flags);
  try {
    const { folder } = director;
    const file = rolloutFileOf(folder.file('intelligence'));
    const unlock = file.lock();
    try {
      if (flags.abort === true) abortRollout(file, flags);
      else if (flags.resume === true) await resumeRollout(director, file, flags);
      else await publish(director, file, named, flags);
    } finally {
      unlock();
    }
  } finally {
    await director.close();
  }
}

async function publish(director: Director, file: RolloutFile, named: number | undefined, flags: PublishFlags): Promise<void> {
  const { folder } = director;
  const repository = repositoryOf(folder);
  const releases = releasesOf(folder);
  const version = chosenVersion(releases, named);
  const newest = publishedReleases(repository).at(-1);
  const unfinished = file.read();
  if (flags.rollout !== undefined && unfinished?.release.version === version && isUnfinished(unfinished))
    throw new UserError(`the rollout of release ${version} was begun already: go on with --resume, or end it with --abort`);
  const boxes =
    flags.rollout === undefined ? [] : chosenBoxes(director.register, [], flags.tag === undefined ? { all: true } : { tag: flags.tag });
  // Where the broker is away or the passphrase is wrong, nothing has happened yet.
  if (flags.rollout !== undefined) await director.ready();
  if (newest?.version !== version) {
    const report = await checkOf(director, version, flags);
    if (flags.json !== true || report.isRefused) printCheck(report, flags);
    if (report.isRefused && flags.yesReally !== true) {
      process.exitCode = 1;
      return;
    }
    const passphrase = await passphraseOf(folder, flags);
    const progress = new Progress(flags.json === true);
    const onProgress = (from: number | undefined) => progress.show(() => `${version}: ${partInWords(from, flags.lang)}`);
    const order = { repository, releases, version, passphrase, nowMs: Date.now(), onProgress };
    const targets = await withFaultsForUser(() => publishRelease(order)).finally(() => progress.end());
    printTargets(version, targets, flags);
    warnOfDue(repository, flags);
  }
  if (flags.rollout === undefined) {
    if (newest?.version === version) printAlready(version, flags);
    if (flags.json !== true) process.stdout.write(`${noOrderWords[flags.lang]}\n`);
    return;
  }
  const { sha256 } = releases.read(version);
  const state = stateOf({ channel: folder.centre.channel, version, sha256 }, flags.rollout, flags);
  await runRollout(director, { ...flags, boxes, state, file, failedShareMax: shareOf(flags) });
}

function stateOf(release: Release, percents: number[], { over, reportWithin, tag }: PublishFlags): RolloutState {
  return {
    schema: 'rollout/1',
    release,
    percents,
    overMs: over,
    reportWithinMs: reportWithin ?? Math.max(reportWithinMsLeast, over / 2),
    armed: [],
    failed: [],
    outcome: 'running',
    started: new Date().toISOString(),
    ...(tag === undefined ? {} : { tag }),
  };
}

const noOrderWords = {
  en: 'No box was ordered to take it: vonggac-centre intel publish --rollout 1,10,50,100',
  vi: 'Chưa ra lệnh cho thiết bị nào nhận bản này: vonggac-centre intel publish --rollout 1,10,50,100',
} as const;

const shareOf = ({ failures }: PublishFlags) => (failures === undefined ? undefined : failures / 100);

function unfinishedOf(file: RolloutFile): RolloutState {
  const state = file.read();
  if (state === undefined) throw new UserError('there is no rollout to go on with');
  if (!isUnfinished(state)) throw new UserError(`the rollout of release ${state.release.version} has ended (${state.outcome})`);
  return state;
}

async function resumeRollout(director: Director, file: RolloutFile, flags: PublishFlags): Promise<void> {
  const state = unfinishedOf(file);
  // The same boxes as when it was begun.
  const boxes = chosenBoxes(director.register, [], state.tag === undefined ? { all: true } : { tag: state.tag });
  await runRollout(director, { ...flags, boxes, state, file, failedShareMax: shareOf(flags) });
}

function abortRollout(file: RolloutFile, { json, lang }: PublishFlags): void {
  const state = unfinishedOf(file);
  file.write({ ...state, outcome: 'aborted' });
  const { release, armed } = state;
  if (json === true) process.stdout.write(`${JSON.stringify({ release, outcome: 'aborted', armed: armed.length })}\n`);
  else
    process.stdout.write(
      lang === 'vi'
        ? `Đã kết thúc việc triển khai bản ${release.version}. ${armed.length} thiết bị đã được ra lệnh vẫn giữ bản này.\n`
        : `The rollout of release ${release.version} is over. The ${armed.length} boxes that were ordered keep it.\n`,
    );
}

function partInWords(from: number | undefined, lang: Language): string {
  if (from === undefined) return lang === 'vi' ? 'toàn bộ' : 'whole';
  return lang === 'vi' ? `từ bản ${from}` : `from ${from}`;
}

function printTargets(version: number, targets: readonly PublishedTarget[], { json, lang }: PublishFlags): void {
  if (json === true) {
    process.stdout.write(`${JSON.stringify({ version, targets })}\n`);
    return;
  }
  const bytes = (count: number) => count.toLocaleString(lang === 'vi' ? 'vi-VN' : 'en-US');
  const lines = targets.map(({ from, bytes: length }) => {
    return `  ${partInWords(from, lang)}: ${bytes(length)} ${lang === 'vi' ? 'byte' : 'bytes'}`;
  });
  process.stdout.write(`${[lang === 'vi' ? `Đã phát hành bản ${version}` : `Release ${version} is published`, ...lines].join('\n')}\n`);
}

function printAlready(version: number, { json, lang }: PublishFlags): void {
  const words = lang === 'vi' ? `Bản ${version} đã được phát hành từ trước` : `Release ${version} was published before`;
  process.stdout.write(`${json === true ? JSON.stringify({ version, targets: [] }) : words}\n`);
}

export interface TimestampFlags {
  centre?: string;
  json?: boolean;
}

/** `intel timestamp`: what `serve` does by itself, for those who let another server serve. */
export async function runTimestamp({ centre, json }: TimestampFlags): Promise<void> {
  const folder: CentreFolder = openCentreFolder(centre);
  const renewed = await withFaultsForUser(async () => repositoryOf(folder).renew(Date.now()));
  process.stdout.write(
    json === true
      ? `${JSON.stringify({ renewed })}\n`
      : `${renewed.length === 0 ? 'fresh enough' : `signed anew: ${renewed.join(', ')}`}\n`,
  );
}
