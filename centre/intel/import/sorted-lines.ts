/**
 * Collects lines and gives them sorted by UTF-16 code units. They are kept apart by their first characters, since sorting many short lists is twice
 * as fast as sorting a long one.
 */

/** Beyond ASCII all characters share a place; within it the lines are sorted all the same. */
const placesMax = 0x80;

function placeOf(code: number): number {
  // Behind the end of a text there is no code: NaN.
  return code < placesMax ? code : code >= placesMax ? placesMax : 0;
}

export class SortedLines {
  length = 0;
  private readonly buckets = new Map<number, string[]>();

  /** The first four characters tell the place: a kind, a mark and two of the value. */
  add(line: string, value: string): void {
    this.length++;
    const place =
      ((line.charCodeAt(0) << 24) | (line.charCodeAt(1) << 16) | (placeOf(value.charCodeAt(0)) << 8) | placeOf(value.charCodeAt(1))) >>> 0;
    const bucket = this.buckets.get(place);
    if (bucket === undefined) this.buckets.set(place, [line]);
    else bucket.push(line);
  }

  /** Each list is let go once it has been read: it can be asked for once. */
  *[Symbol.iterator](): Generator<string> {
    for (const place of [...this.buckets.keys()].sort((one, other) => one - other)) {
      const lines = this.buckets.get(place)!;
      this.buckets.delete(place);
      yield* lines.sort();
    }
  }
}
