/** How a rollout goes and how it went, for people, in two languages. What boxes say is shown as plain text. */
import type { Release } from '../../firmware/contract/intelligence-message.ts';
import { type Language, plain, type Words } from '../../firmware/contract/language.ts';
import { type BoxState, boxStates, type RolloutFigures, type RolloutResult } from './rollout.ts';

const failedShown = 20;

const stateWords: Readonly<Record<BoxState, Words>> = {
  untouched: { en: 'untouched', vi: 'chưa đụng tới' },
  ordered: { en: 'ordered', vi: 'đã ra lệnh' },
  fetching: { en: 'fetching', vi: 'đang tải' },
  testing: { en: 'testing', vi: 'đang thử' },
  armed: { en: 'armed', vi: 'đã dùng' },
  confirmed: { en: 'confirmed', vi: 'đã xác nhận' },
  failed: { en: 'failed', vi: 'thất bại' },
  late: { en: 'silent', vi: 'không trả lời' },
  away: { en: 'away', vi: 'vắng mặt' },
};

const outcomeWords: Readonly<Record<RolloutResult['outcome'], Words>> = {
  done: { en: 'every box that is there has it', vi: 'mọi thiết bị có mặt đều đã dùng' },
  stopped: {
    en: 'STOPPED: too many boxes failed; the rest is untouched. Go on with intel publish --resume, or publish a better release',
    vi: 'ĐÃ DỪNG: quá nhiều thiết bị thất bại; số còn lại chưa bị đụng tới. Tiếp tục: intel publish --resume, hoặc phát hành bản tốt hơn',
  },
  interrupted: {
    en: 'interrupted; go on with intel publish --resume, or end it with --abort',
    vi: 'bị ngắt; tiếp tục: intel publish --resume, hoặc kết thúc: --abort',
  },
};

export function figuresInWords({ wave, waves, counts }: RolloutFigures, lang: Language): string {
  const states = boxStates.filter((state) => counts[state] > 0).map((state) => `${stateWords[state][lang]} ${counts[state]}`);
  return `${lang === 'vi' ? 'đợt' : 'wave'} ${wave}/${waves}: ${states.join(', ')}`;
}

export function resultInWords(result: RolloutResult, { version }: Release, lang: Language): string[] {
  const { outcome, failed, ms } = result;
  const what = lang === 'vi' ? `Bản ${version}` : `Release ${version}`;
  return [
    `${what}: ${outcomeWords[outcome][lang]}.`,
    `  ${figuresInWords(result, lang)}; ${(ms / 1000).toFixed(1)} s`,
    ...failed.slice(0, failedShown).map(({ box, state, reason }) => `  ${box}: ${stateWords[state][lang]}: ${plain(reason)}`),
    ...(failed.length > failedShown ? [`  … ${failed.length - failedShown}`] : []),
  ];
}
