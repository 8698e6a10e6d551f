import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { constants, zstdCompressSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { applyDeltaFile, setFromDeltaFile, writeDeltaFile } from '../../../../../firmware/sensor/intel/delta/delta-file.ts';
import { loadIndicatorSet } from '../../../../../firmware/sensor/intel/load.ts';
import { claimedHash } from '../../../../../firmware/sensor/intel/set-layout.ts';
import { compileEntries, type Entry, scratchFolder, seededRandom } from '../lists.ts';

const scratch = scratchFolder();
const bytesMax = 64 << 20;
const count = 100_000;

function entries(from: number): Entry[] {
  const random = seededRandom(from + 1);
  const base = Array.from({ length: count }, (_, index) => ({ value: `name${(index + from) * 7919}.bad${(index + from) % 1000}.example` }));
  return base.map((entry) => ({ ...entry, confidence: [50, 75, 100][random(3)]! }));
}

const old = compileEntries(Array.from({ length: count }, (_, index) => ({ value: `n${index * 7919}.bad${index % 997}.example` })));
const next = compileEntries(
  Array.from({ length: count }, (_, index) => ({ value: `n${(index + 1000) * 7919}.bad${(index + 1000) % 997}.example` })),
);

test('a release takes at most 30 bytes a domain on the way, and one that changed by 1 % at most 3 % of that', async () => {
  const mixed = scratch.path('mixed.vgd');
  await writeDeltaFile(mixed, undefined, compileEntries(entries(0)));
  expect(statSync(mixed).size / count).toBeLessThan(30);
  const [full, delta] = [scratch.path('full.vgd'), scratch.path('delta.vgd')];
  await writeDeltaFile(full, undefined, next);
  await writeDeltaFile(delta, old, next);
  expect(statSync(delta).size / statSync(full).size).toBeLessThan(0.03);
});

test('a set made of files is the one that was compiled, and stands there whole', async () => {
  const [base, full, delta, target] = [
    scratch.write('old.vgi', old),
    scratch.path('f.vgd'),
    scratch.path('d.vgd'),
    scratch.path('made.vgi'),
  ];
  await writeDeltaFile(full, undefined, old);
  await writeDeltaFile(delta, old, next);
  await applyDeltaFile({ delta: full, base: undefined, target, sha256: claimedHash(old), bytesMax });
  expect(readFileSync(target).equals(old)).toBe(true);
  await applyDeltaFile({ delta, base, target, sha256: claimedHash(next), bytesMax });
  expect(readFileSync(target).equals(next)).toBe(true);
  expect(loadIndicatorSet(target).domain('n7919000.bad3.example', 0)?.value).toBe('n7919000.bad3.example');
  expect(Buffer.from(await setFromDeltaFile(delta, old, claimedHash(next), bytesMax)).equals(next)).toBe(true);
});

test('a delta that gives no set says why in one line, leaves what was there, and leaves nothing behind', async () => {
  const target = scratch.write('kept.vgi', old);
  const good = scratch.path('good.vgd');
  await writeDeltaFile(good, undefined, next);
  const bytes = readFileSync(good);
  const order = { base: undefined, target, sha256: claimedHash(next), bytesMax };
  const cases: [string, Uint8Array, RegExp][] = [
    ['cut.vgd', bytes.subarray(0, bytes.length - 100), /damaged/],
    ['none.vgd', Buffer.alloc(0), /damaged/],
    ['noise.vgd', Buffer.from('<html>not found</html>'), /damaged/],
    ['other.vgd', zstdCompressSync(Buffer.alloc(1000)), /is no delta/],
    ['wide.vgd', zstdCompressSync(Buffer.alloc(8 << 20)), /cannot be unpacked/],
    ['bomb.vgd', zstdCompressSync(Buffer.alloc(100 << 20), { params: { [constants.ZSTD_c_windowLog]: 20 } }), /is no delta/],
  ];
  for (const [name, content, reason] of cases) {
    const delta = scratch.path(name);
    writeFileSync(delta, content);
    await expect(applyDeltaFile({ ...order, delta })).rejects.toThrow(reason);
    await expect(applyDeltaFile({ ...order, delta })).rejects.not.toThrow(/\n/);
    expect(readFileSync(target).equals(old)).toBe(true);
  }
  await expect(applyDeltaFile({ ...order, delta: scratch.path('missing.vgd') })).rejects.toThrow('missing.vgd: no such file');
  expect(readdirSync(dirname(target)).filter((name) => name.endsWith('.new'))).toEqual([]);
  expect(existsSync(target)).toBe(true);
});
