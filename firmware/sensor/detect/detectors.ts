/** The one table of detectors. A new detector is one file, one line here, and one for its options. */
import type { NetworkSet } from '../bytes/network.ts';
import type { Indicators } from '../intel/indicator.ts';
import type { Detector } from './detector.ts';
import { createKnownBad } from './known-bad.ts';
import type { DetectOptions } from './options.ts';

/** `home`: the networks whose machines are ours. `running`: the detectors in use, which go on with what they know under other options. */
export function createDetectors(
  options: DetectOptions,
  indicators: Indicators,
  home: NetworkSet,
  running: readonly Detector[] = [],
): Detector[] {
  const detectors: Detector[] = [];
  if (options.knownBad.enabled) detectors.push(createKnownBad(options.knownBad, indicators, home, running));
  return detectors;
}
