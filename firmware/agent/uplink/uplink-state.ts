/** What is known of the link to the centre, for health, panel and doctor. */

/** Times in ms since 1970. Absent means: not now, not yet, not known. */
export interface UplinkState {
  connectedSinceMs?: number;
  /** Since the start. */
  connections: number;
  /** Number of the session at hand or the last one. */
  session?: number;
  /** When the broker last sent anything. */
  lastHeardMs?: number;
  /** When the broker last took a durable message. */
  lastSentMs?: number;
  /** When the centre last acknowledged a message: it is in its store. */
  lastAcknowledgedMs?: number;
  /** Whether the centre stores what comes, as it says itself. */
  isCentreOnline?: boolean;
  /** Messages sent over this connection and not acknowledged by the centre. */
  unacknowledged: number;
  /** Messages that the broker refused or could not have taken, since the start. */
  refused: number;
  /** Messages from the centre that were of no use, since the start. */
  ignored: number;
  lastError?: string;
}
