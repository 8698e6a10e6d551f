/** What arrived as a request -> JSON, or undefined. Bounded, and never throws. */

/** A request holds a PEM and little else. */
const requestBytesMax = 32_768;

export function parsedJson(payload: Uint8Array): unknown {
  if (payload.length > requestBytesMax) return undefined;
  try {
    return JSON.parse(Buffer.from(payload).toString('utf8'));
  } catch {
    // The schema refuses it and says so.
    return undefined;
  }
}
