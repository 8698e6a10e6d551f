/**
 * A rollout over the director and the broker: signs the order of each box with the release in it, hears what boxes report, keeps on disk how far it is,
 * and shows it. Settings of boxes stay as they were ordered last.
 */
import { type IntelligenceCurrent, intelligenceReportedSchema, type Release } from '../../firmware/contract/intelligence-message.ts';
import type { Language } from '../../firmware/contract/language.ts';
import { boxOfTopic, broadcast, up } from '../../firmware/contract/topics.ts';
import { UserError } from '../command/user-error.ts';
import { Attendance } from '../director/attendance.ts';
import { readBoxMessage } from '../director/box-message.ts';
import { latestOrder, orderConfig } from '../director/config-orders.ts';
import { type Director, exitInterrupted, untilInterrupted } from '../director/director.ts';
import { sendOrders } from '../director/send-orders.ts';
import { Progress } from '../intel/import/progress.ts';
import { Rollout, type RolloutFigures, type RolloutResult } from './rollout.ts';
import type { RolloutFile, RolloutState } from './rollout-file.ts';
import { planWaves } from './rollout-plan.ts';
import { figuresInWords, resultInWords } from './rollout-words.ts';

/** Retained messages come with the subscription; a wave does not begin before it is known who is there. */
const attendanceMs = 2_500;

export interface RolloutOptions {
  boxes: readonly string[];
  state: RolloutState;
  file: RolloutFile;
  failedShareMax?: number | undefined;
  author: string;
  lang: Language;
  json?: boolean | undefined;
}

/** Sets the status that the program ends with. Rejects with a `UserError` where key or broker cannot be had. */
export async function runRollout(director: Director, options: RolloutOptions): Promise<RolloutResult> {
  const { boxes, state, file, failedShareMax, author, lang, json = false } = options;
  const { release } = state;
  const { key, link } = await director.ready();
  const attendance = new Attendance();
  const progress = new Progress(json);
  // Cut off between the two, a box may be on our list that was never ordered.
  const armed = state.armed.filter((box) => latestOrder(director.register, box)?.desired.release?.sha256 === release.sha256);
  const rollout = new Rollout({
    release,
    waves: planWaves(boxes, release, state.percents, state.overMs),
    armedBefore: new Set(armed),
    forgiven: new Set(state.failed),
    reportWithinMs: state.reportWithinMs,
    ...(failedShareMax === undefined ? {} : { failedShareMax }),
    isAway: (box) => attendance.isAway(box),
    onArm: (wave) => {
      armed.push(...wave);
      file.write({ ...state, armed, outcome: 'running' });
    },
    arm: async (wave) => {
      const comment = `release ${release.version}`;
      orderConfig(director.register, key, { boxes: wave, change: ({ settings }) => ({ settings, release }), author, comment });
      const { failed } = await sendOrders(director.register, link, wave);
      const [fault] = failed;
      if (fault !== undefined) throw new UserError(`${fault[0]} could not be ordered (${fault[1]}): go on with intel publish --resume`);
    },
    onProgress: (figures: RolloutFigures) => progress.show(() => figuresInWords(figures, lang)),
  });
  const topics = boxes.map(up.intelReported);
  const stop = await link.listen([...topics, ...Attendance.topics(boxes)], (message) => {
    if (attendance.hear(message)) return;
    const report = readBoxMessage(message, intelligenceReportedSchema);
    const box = boxOfTopic(message.topic);
    if (report !== undefined && box !== undefined) rollout.hear(box, report);
  });
  attendance.begin();
  // What was ordered before and not sent; a box that has it already is not troubled by it.
  await sendOrders(director.register, link, armed);
  await link.publish(broadcast.intel(release.channel), JSON.stringify(currentOf(release)), { retain: true });
  await new Promise((resolve) => setTimeout(resolve, attendanceMs));
  const { signal, release: letGo } = untilInterrupted();
  file.write({ ...state, armed, outcome: 'running' });
  let end: Pick<RolloutState, 'outcome' | 'failed'> = { outcome: 'interrupted', failed: state.failed };
  try {
    const result = await rollout.run(signal);
    const { outcome } = result;
    end = { outcome, failed: outcome === 'stopped' ? result.failed.map(({ box }) => box) : state.failed };
    progress.end();
    process.stdout.write(json ? `${JSON.stringify({ release, ...result })}\n` : `${resultInWords(result, release, lang).join('\n')}\n`);
    if (outcome !== 'done') process.exitCode = outcome === 'interrupted' ? exitInterrupted : 1;
    return result;
  } finally {
    progress.end();
    letGo();
    stop();
    file.write({ ...state, armed, ...end });
  }
}

function currentOf(release: Release): IntelligenceCurrent {
  return { schema: 'intel-current/1', ...release, ts: new Date().toISOString() };
}
