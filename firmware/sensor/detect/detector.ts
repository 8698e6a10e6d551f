/** What every detector is. A new one is a file of its own and a line in `detectors.ts`. */
import type { Indicators } from '../intel/indicator.ts';
import type { EventKind, SensorEvent } from '../observe/event.ts';
import type { FindingSink } from './finding.ts';

export interface Detector {
  /** Stands in the alert. */
  readonly name: string;
  /** The events it is given. */
  readonly wants: readonly EventKind[];
  observe(event: SensorEvent, emit: FindingSink): void;
  /** Called about once a second of frame time. */
  tick(nowMicros: number, emit: FindingSink): void;
  /** Takes another set of indicators, whole, in place of the one before. */
  load(indicators: Indicators): void;
  /** Sightings that could not be followed because a cap was reached. */
  readonly refused: number;
}
