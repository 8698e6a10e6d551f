import { describe, expect, it } from 'vitest';
import { LineReader } from '../../../firmware/contract/link-lines.ts';

function read(text: Buffer, chunkBytes: number, lineBytesMax = 100): { lines: string[]; reader: LineReader } {
  const reader = new LineReader(lineBytesMax);
  const lines: string[] = [];
  for (let at = 0; at < text.length; at += chunkBytes) lines.push(...reader.lines(text.subarray(at, at + chunkBytes)));
  return { lines, reader };
}

describe('the lines of the link', () => {
  const wanted = ['{"a":1}', '', 'Vọng Gác', 'x'.repeat(100)];
  const text = Buffer.from(`${wanted.join('\n')}\nthe rest`);

  it('are the same at every chunk size, and a line that has not ended is not told', () => {
    for (let chunkBytes = 1; chunkBytes <= text.length; chunkBytes++) expect(read(text, chunkBytes).lines).toEqual(wanted);
  });

  it('end for good at one that is too long, also where it would have been cut in two readable ones', () => {
    const overlong = Buffer.from(`first\n${'y'.repeat(101)}\nlast\n`);
    for (let chunkBytes = 1; chunkBytes <= overlong.length; chunkBytes++) {
      const { lines, reader } = read(overlong, chunkBytes);
      expect(lines).toEqual(['first']);
      expect(reader.isOverlong).toBe(true);
      expect([...reader.lines(Buffer.from('more\n'))]).toEqual([]);
    }
  });

  it('cost no more memory than a line may be long, though each byte comes alone', () => {
    const reader = new LineReader(512 * 1024);
    const byte = Buffer.from('z');
    const before = process.memoryUsage().arrayBuffers;
    for (let count = 0; count < 400_000; count++) for (const _ of reader.lines(byte)) expect.fail('no line has ended');
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(3 * 1024 * 1024);
    expect([...reader.lines(Buffer.from('\n'))].map((line) => line.length)).toEqual([400_000]);
  });
});
