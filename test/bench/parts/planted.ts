/** Replays a capture once and counts which of the planted contacts raised an alert: speed counts only where nothing is missed. */

import { replayCommand } from '../command.ts';
import type { Figure } from '../figure.ts';
import { plantedIndicators } from '../generate-indicators.ts';
import { measureOk } from '../measure.ts';

export async function plantedFigure(kind: string, capture: string, intel: string, expected: number): Promise<Figure> {
  const { stdout } = await measureOk(replayCommand(intel, capture, '--json'), { keepOutput: true });
  const found = plantedIndicators().filter((indicator) => stdout.includes(indicator.replace(/^http:\/\//, '')));
  return { name: `${kind}: planted indicators found`, value: found.length, unit: `of ${expected}`, least: expected };
}
