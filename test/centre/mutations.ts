/** A text -> what may become of its bytes: every prefix, every byte flipped, and nesting without end. */
export function* mutations(text: string): Generator<Buffer> {
  const bytes = Buffer.from(text);
  for (let length = 0; length < bytes.length; length++) yield bytes.subarray(0, length);
  for (let index = 0; index < bytes.length; index++) {
    const flipped = Buffer.from(bytes);
    flipped[index] = (flipped[index] ?? 0) ^ (1 << (index % 8));
    yield flipped;
  }
  yield Buffer.from('['.repeat(200_000));
  yield Buffer.from(`${text.slice(0, -1)},"context":{"dns":{"x":${'['.repeat(50_000)}${']'.repeat(50_000)}}}}`);
}
