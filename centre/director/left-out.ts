/**
 * Settings that were ordered before and that a new document does not name -> a line for a person. A document is the whole of what is ordered: whoever
 * writes a new one may not know that it takes away the emergency indicators of a colleague. Pure.
 */
import type { ConfigDesired } from '../../firmware/contract/config-message.ts';
import type { Language, Words } from '../../firmware/contract/language.ts';
import { differencesOf } from './settings-difference.ts';

const pathsShownMax = 10;

/** By box: what was ordered last. */
export type FormerSettings = ReadonlyMap<string, ConfigDesired['settings']>;

/** Undefined where nothing is left out. */
export function leftOutInWords(former: FormerSettings, settings: ConfigDesired['settings'], lang: Language): string | undefined {
  const paths = new Set<string>();
  for (const before of former.values()) {
    const gone = differencesOf({ settings: before }, { settings }).filter(({ after }) => after === undefined);
    for (const { path } of gone) paths.add(path);
  }
  if (paths.size === 0) return undefined;
  const shown = [...paths].slice(0, pathsShownMax).join(', ');
  const more = paths.size - pathsShownMax;
  return `${labels.gone[lang]}: ${shown}${more > 0 ? ` (+${more})` : ''}`;
}

const labels = {
  gone: {
    vi: 'lưu ý: trước đây có ra lệnh mà tài liệu mới không nêu, nên không còn hiệu lực',
    en: 'note: ordered before and not named by the new document, so no longer ordered',
  },
} satisfies Record<string, Words>;
