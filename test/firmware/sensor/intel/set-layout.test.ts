import { describe, expect, test } from 'vitest';
import { IndicatorSet } from '../../../../firmware/sensor/intel/indicator-set.ts';
import { IntelError } from '../../../../firmware/sensor/intel/intel-error.ts';
import { loadIndicatorSet, readIndicatorSet } from '../../../../firmware/sensor/intel/load.ts';
import { headerBytes } from '../../../../firmware/sensor/intel/set-layout.ts';
import { compileEntries, scratchFolder, seededRandom } from './lists.ts';

const scratch = scratchFolder();
// Without an IPv4 address: their index alone is 256 KiB, too much to try each byte.
const bytes = compileEntries(['evil.example', '2001:db8::/32', '192.0.2.1:443', { value: 'x.example', family: 'Emotet' }]);

/** The message of the `IntelError`; fails on any other outcome. */
function refusal(content: Uint8Array): string {
  try {
    IndicatorSet.fromBytes(content, 'some.set');
  } catch (error) {
    if (error instanceof IntelError) return error.message;
    throw error;
  }
  return 'taken';
}

describe('a compiled set', () => {
  test('cut at any byte is refused', () => {
    for (let length = 0; length < bytes.length; length++) expect(refusal(bytes.slice(0, length)), String(length)).toMatch(/^some\.set: /);
    expect(refusal(bytes.slice(0, bytes.length - 8))).toBe(
      `some.set: is cut short: ${bytes.length - 8} bytes where the header says ${bytes.length}`,
    );
    expect(refusal(bytes.slice(0, headerBytes - 1))).toContain('do not even hold the header');
  });

  test('with any byte altered is refused', () => {
    for (let at = 0; at < bytes.length; at++) {
      const altered = bytes.slice();
      altered[at] = altered[at]! ^ 0x10;
      expect(refusal(altered), String(at)).toMatch(/^some\.set: /);
    }
    const altered = bytes.slice();
    altered[bytes.length - 20] = altered[bytes.length - 20]! ^ 1;
    expect(refusal(altered)).toBe('some.set: was altered: its content does not have the SHA-256 that its header names');
  });

  test('with bytes after its end, of another version, or no set at all is refused by name', () => {
    expect(refusal(new Uint8Array([...bytes, 0]))).toContain('has bytes after its end');
    const other = bytes.slice();
    other[8] = 9;
    expect(refusal(other)).toBe('some.set: has format version 9; this program reads version 1');
    expect(refusal(Buffer.from('evil.example\n'))).toContain('is not a compiled intelligence set');
  });

  test('does not need to lie at an aligned place', () => {
    const shifted = new Uint8Array(bytes.length + 3);
    shifted.set(bytes, 3);
    expect(IndicatorSet.fromBytes(shifted.subarray(3)).domain('evil.example', 0)?.value).toBe('evil.example');
  });
});

describe('reading a compiled set from disk', () => {
  test('gives the same set whether it is read at once or in pieces', async () => {
    const path = scratch.write('good.set', bytes);
    expect(loadIndicatorSet(path).bundle).toBe(IndicatorSet.fromBytes(bytes).bundle);
    expect((await readIndicatorSet(path)).bundle).toBe(IndicatorSet.fromBytes(bytes).bundle);
  });

  test('says in one line what is wrong and where', async () => {
    const cases: [string, RegExp][] = [
      [scratch.path('absent.set'), /absent\.set: no such file$/],
      [scratch.path('.'), /: is a folder, not a file$/],
      [scratch.write('empty.set', ''), /is not a compiled intelligence set/],
      [scratch.write('cut.set', bytes.slice(0, bytes.length - 1)), /cut\.set: is cut short/],
    ];
    for (const [path, message] of cases) {
      expect(() => loadIndicatorSet(path)).toThrow(message);
      expect(() => loadIndicatorSet(path)).toThrow(IntelError);
      await expect(readIndicatorSet(path)).rejects.toThrow(message);
    }
  });
});

test('equal entries give equal bytes in whatever order they come', () => {
  const random = seededRandom(5);
  const entries = Array.from({ length: 3000 }, (_, index) => ({
    value: [
      `h${random(900)}.example`,
      `203.0.${random(4)}.${random(256)}/${24 + random(9)}`,
      `2001:db8::${random(500).toString(16)}`,
      `http://h.example/${random(99)}`,
    ][index & 3]!,
    allow: random(5) === 0,
    family: `family ${random(5)}`,
    confidence: random(101),
    ...(random(2) === 0 ? { validUntilMs: random(9) * 1000 } : {}),
  }));
  const first = Buffer.from(compileEntries(entries));
  for (let round = 0; round < 5; round++) {
    for (let at = entries.length - 1; at > 0; at--) {
      const other = random(at + 1);
      [entries[at], entries[other]] = [entries[other]!, entries[at]!];
    }
    expect(first.equals(compileEntries(entries))).toBe(true);
  }
});

test('a domain costs less than 20 bytes', () => {
  const small = compileEntries(['a.example']).length;
  const many = compileEntries(Array.from({ length: 20_000 }, (_, index) => `host${index}.example${index}.com`)).length;
  expect((many - small) / 20_000).toBeLessThan(20);
});
