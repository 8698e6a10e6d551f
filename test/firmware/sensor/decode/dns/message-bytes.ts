/** Builds DNS messages for tests, byte by byte. */

export function name(text: string): number[] {
  if (text === '.') return [0];
  return [...text.split('.').flatMap((label) => [label.length, ...Buffer.from(label, 'latin1')]), 0];
}

export function u16(value: number): number[] {
  return [(value >>> 8) & 255, value & 255];
}

export function u32(value: number): number[] {
  return [...u16(value >>> 16), ...u16(value & 0xffff)];
}

export function question(text: string, type = 1, questionClass = 1): number[] {
  return [...name(text), ...u16(type), ...u16(questionClass)];
}

/** `owner` is a name, or the offset that a pointer leads to. */
export function record(owner: string | number, type: number, data: readonly number[], ttl = 60, recordClass = 1): number[] {
  const ownerBytes = typeof owner === 'number' ? u16(0xc000 | owner) : name(owner);
  return [...ownerBytes, ...u16(type), ...u16(recordClass), ...u32(ttl), ...u16(data.length), ...data];
}

export interface Parts {
  id?: number;
  flags?: number;
  questions?: readonly number[][];
  answers?: readonly number[][];
  authorities?: readonly number[][];
  additionals?: readonly number[][];
}

export function message(parts: Parts): Buffer {
  const { id = 0x1234, flags = 0x0100, questions = [], answers = [], authorities = [], additionals = [] } = parts;
  const counts = [questions, answers, authorities, additionals].flatMap((section) => u16(section.length));
  return Buffer.from([...u16(id), ...u16(flags), ...counts, ...[questions, answers, authorities, additionals].flat(2)]);
}

export const query = message({ questions: [question('WWW.Evil.Example')], additionals: [[0, ...u16(41), ...u16(1232), 0, 0, 0, 0, 0, 0]] });

/** A CNAME and two addresses, with names pointed to. */
export const answer = message({
  flags: 0x8180,
  questions: [question('www.evil.example')],
  answers: [
    record(12, 5, [3, ...Buffer.from('cdn'), 0xc0, 16]),
    record('cdn.evil.example', 1, [192, 0, 2, 66], 300),
    record('cdn.evil.example', 28, [0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5]),
  ],
  additionals: [[0, ...u16(41), ...u16(1232), 0, 0, 0, 0, 0, 0]],
});

/** Deterministic bytes (Park and Miller's generator), the same at every run. */
export function pseudoRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48271) % 2147483647;
    return state;
  };
}
