/** The one table of detectors. A new detector is one file, and one line here. */
import { z } from 'zod';
import type { Indicators } from '../intel/indicator.ts';
import type { Detector } from './detector.ts';
import { createKnownBad, knownBadOptions } from './known-bad.ts';

export const detectOptions = z.strictObject({ knownBad: knownBadOptions.prefault({}) });
export type DetectOptions = z.infer<typeof detectOptions>;

export function createDetectors(options: DetectOptions, indicators: Indicators): Detector[] {
  const detectors: Detector[] = [];
  if (options.knownBad.enabled) detectors.push(createKnownBad(options.knownBad, indicators));
  return detectors;
}
