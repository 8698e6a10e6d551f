/** How long the keeper of the indicators waits, tries and watches. */

export interface KeeperLimits {
  /** Boxes that are ordered the same at the same time do not come all at once. */
  spreadMs: number;
  /** Between two tries: doubled from the first to the last. */
  retryMsMin: number;
  retryMsMax: number;
  /** The sensor has taken a release, or said why not, after this time. */
  takeUpMs: number;
  /** What the sensor says within this time may be of the release before. */
  heardMs: number;
  /** So long a new release is watched. */
  trialMs: number;
  /** More alerts opened in the trial are a storm: the list is wrong, or the house is on fire and the centre knows by now. */
  stormAlertsMax: number;
  /** A trial that was begun so often without an end takes the box down with it. */
  trialsMax: number;
  pollMs: number;
  /** How often it looks whether a person has loaded a release. */
  offerMs: number;
}

export const keeperLimits: KeeperLimits = {
  spreadMs: 8_000,
  retryMsMin: 5_000,
  retryMsMax: 600_000,
  takeUpMs: 60_000,
  heardMs: 3_000,
  trialMs: 600_000,
  stormAlertsMax: 200,
  trialsMax: 3,
  pollMs: 200,
  offerMs: 3_000,
};
