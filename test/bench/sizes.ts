/** How large each part of the bench is: as the bounds are stated, or `--quick` to see that everything runs. */

export interface Sizes {
  office: { small: number; large: number };
  hostile: { small: number; large: number };
  /** Repetitions of each measurement; the median counts. */
  rounds: number;
  indicators: number;
  indicatorsMany: number;
  liveFlows: number;
  fuzzFrames: number;
  latencyAlerts: number;
  /** A day at 10 alerts a second, and pieces of evidence among them. */
  awayAlerts: number;
  awayEvidence: number;
  /** For each store, shared out among a few boxes. */
  ingestAlerts: number;
  fleetBoxes: number;
  /** In the lists that a centre imports, and in a release for a box. */
  listIndicators: number;
  releaseIndicators: number;
}

export const fullSizes: Sizes = {
  // The first packets still pay for V8's compilers; both sizes lie behind that, so the difference shows what a box pays day after day.
  office: { small: 2_000_000, large: 5_000_000 },
  // Both are past the caps of every table, so that the difference shows the steady state and memory must be flat.
  hostile: { small: 1_000_000, large: 3_000_000 },
  rounds: 5,
  indicators: 1_000_000,
  indicatorsMany: 5_000_000,
  liveFlows: 100_000,
  fuzzFrames: 5_000_000,
  latencyAlerts: 300,
  awayAlerts: 864_000,
  awayEvidence: 200,
  ingestAlerts: 200_000,
  fleetBoxes: 2_000,
  listIndicators: 2_000_000,
  releaseIndicators: 1_000_000,
};

export const quickSizes: Sizes = {
  office: { small: 200_000, large: 600_000 },
  hostile: { small: 200_000, large: 600_000 },
  rounds: 3,
  indicators: 1_000_000,
  indicatorsMany: 2_000_000,
  liveFlows: 100_000,
  fuzzFrames: 500_000,
  latencyAlerts: 60,
  awayAlerts: 30_000,
  awayEvidence: 20,
  ingestAlerts: 40_000,
  fleetBoxes: 200,
  listIndicators: 100_000,
  releaseIndicators: 100_000,
};
