/** An array of 32-bit integers that grows without ever copying itself, so that a builder's memory has no peaks. */

const chunkBits = 16;
const chunkLength = 1 << chunkBits;

export class GrowableInt32 {
  private readonly chunks: Int32Array[] = [];
  length = 0;

  push(value: number): void {
    const within = this.length & (chunkLength - 1);
    if (within === 0) this.chunks.push(new Int32Array(chunkLength));
    this.chunks[this.length >>> chunkBits]![within] = value;
    this.length++;
  }

  /** `index` must be below `length`. */
  at(index: number): number {
    return this.chunks[index >>> chunkBits]![index & (chunkLength - 1)]!;
  }

  /** Gives the memory back; the array is empty afterwards. */
  clear(): void {
    this.chunks.length = 0;
    this.length = 0;
  }
}
