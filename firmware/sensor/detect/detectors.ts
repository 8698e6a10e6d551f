/** The one table of detectors. A new detector is one file, and one line here. */
import { z } from 'zod';
import type { NetworkSet } from '../bytes/network.ts';
import type { Indicators } from '../intel/indicator.ts';
import type { Detector } from './detector.ts';
import { createKnownBad, knownBadOptions } from './known-bad.ts';

export const detectOptions = z.strictObject({ knownBad: knownBadOptions.prefault({}) });
export type DetectOptions = z.infer<typeof detectOptions>;

/** `home`: the networks whose machines are ours. */
export function createDetectors(options: DetectOptions, indicators: Indicators, home: NetworkSet): Detector[] {
  const detectors: Detector[] = [];
  if (options.knownBad.enabled) detectors.push(createKnownBad(options.knownBad, indicators, home));
  return detectors;
}
