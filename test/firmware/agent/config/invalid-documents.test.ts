/** Settings that are wrong in one place, made by a seeded generator, signed by the director all the same; and megabytes of noise. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, describe, expect, it } from 'vitest';
import { settingsFaults } from '../../../../firmware/settings.ts';
import { desired } from '../orders/director.ts';
import { until } from '../uplink/listener.ts';
import { removeFolder, startedBox, type TestBox } from './box-of-test.ts';

const documents = 1_000;
const noiseBytes = 5 * 1024 * 1024;
const seed = Number(process.env.VONGGAC_SEED ?? 20_200_131);
/** Of the runtime itself, as code is compiled; 10 KB kept of each document would be more. */
const grownBytesMax = 8 * 1024 * 1024;

let made: TestBox;
afterEach(async () => {
  await made.stop();
  removeFolder(made.folder);
});

/** mulberry32: a small generator, the same numbers for the same seed. */
function random(state: number): () => number {
  let at = state;
  return () => {
    at = (at + 0x6d2b79f5) | 0;
    let mixed = Math.imul(at ^ (at >>> 15), 1 | at);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

type Json = Record<string, unknown>;
type Pick = <T>(from: readonly T[]) => T;

const good = (): Json => ({
  agency: 'UBND huyện Cao Lộc',
  lang: 'vi',
  contacts: [{ name: 'Trung tâm CNTT', phone: '0205 3 812 345' }],
  advice: { vi: 'Gọi phòng CNTT', en: 'Call the IT room' },
  capture: { interface: 'eth1', filter: 'not port 22' },
  homeNetworks: ['10.0.0.0/8'],
  hostsMax: 4_000,
  indicators: ['evil.example', '203.0.113.7'].map((value) => ({ value, comment: 'VNCERT 12/2026' })),
  suppressions: [],
  duty: { tet: { enabled: true, daysBefore: 7 }, periods: [{ name: 'Đại hội', from: '2027-03-01', to: '2027-03-05' }] },
  panel: { brightnessPercent: 60 },
  healthIntervalSeconds: 30,
  bandwidth: { bytesPerSecondMax: 262_144 },
});

/** Each spoils one place, and says which. */
const spoilers: ((document: Json, pick: Pick, next: () => number) => string)[] = [
  (document, pick) => {
    const name = pick(Object.keys(good()));
    document[name] = pick([null, -17.5, true, 'x'.repeat(5_000), [[[[]]]], { nonsense: 1 }]);
    return name;
  },
  (document, _, next) => {
    const name = `unknown${Math.floor(next() * 1e6)}`;
    document[name] = 1;
    return name;
  },
  (document, pick) => {
    const place = pick(['capture', 'advice', 'panel', 'bandwidth', 'duty']);
    (document[place] as Json).strange = 1;
    return `${place}.strange`;
  },
  (document, pick) => {
    const at = pick([0, 1]);
    ((document.indicators as Json[])[at] as Json).value = pick([null, 5, {}, []]);
    return `indicators.${at}.value`;
  },
  (document, pick) => {
    ((document.contacts as Json[])[0] as Json).name = pick(['', 5, null, 'x'.repeat(101)]);
    return 'contacts.0.name';
  },
  (document, pick) => {
    document.hostsMax = pick([-1, 0, 1e15, Number.MAX_SAFE_INTEGER, '7', 3.5]);
    return 'hostsMax';
  },
  (document, pick) => {
    (document.duty as { periods: Json[] }).periods[0]!.from = pick(['2027-02-30', 'morgen', '2027-13-01', 5]);
    return 'duty.periods.0.from';
  },
  (document, pick) => {
    (document.panel as Json).brightnessPercent = pick([-1, 101, '50', null]);
    return 'panel.brightnessPercent';
  },
  (document, pick) => {
    document.homeNetworks = ['10.0.0.0/8', pick(['10.0.0.0/33', 'x', 5, '::/129', ''])];
    return 'homeNetworks';
  },
  (document, pick) => {
    document.healthIntervalSeconds = pick([0, -5, 1e9, '30']);
    return 'healthIntervalSeconds';
  },
];

describe('of what is wrong', { timeout: 60_000 }, () => {
  it('every one of 1,000 documents is refused with the place, nothing is applied, and memory stays flat', async () => {
    made = await startedBox();
    expect(settingsFaults(good())).toEqual([]);
    const next = random(seed);
    const pick: Pick = (from) => from[Math.floor(next() * from.length)]!;
    let atEarlyBytes = 0;
    for (let i = 0; i < documents; i++) {
      const document = good();
      const place = pick(spoilers)(document, pick, next);
      expect(document, `document ${i} is spoiled`).not.toEqual(good());
      const before = made.said.length;
      made.send(made.director.seal(desired({ seq: i + 1, settings: document })));
      const reported = made.said.at(-1);
      expect(made.said.length, `${i}: ${place}`).toBe(before + 1);
      expect(reported).toMatchObject({ state: 'rejected', seq: i + 1, running: {} });
      const paths = reported?.errors?.map(({ path }) => path) ?? [];
      expect(
        paths.some((path) => path === place || path.startsWith(`${place}.`)),
        `document ${i} (seed ${seed}): ${place} among ${paths}`,
      ).toBe(true);
      expect(reported?.errors?.every(({ code }) => code === 'invalid')).toBe(true);
      made.said.length = 1;
      made.ledger.length = 0;
      if (i === documents / 10) atEarlyBytes = heapBytes();
    }
    const grownBytes = heapBytes() - atEarlyBytes;
    process.stdout.write(`1,000 invalid documents: heap grew by ${Math.round(grownBytes / 1024)} KiB\n`);
    expect(grownBytes).toBeLessThan(grownBytesMax);
    expect(made.inForce()).toBeUndefined();
    expect(made.applied).toEqual([]);
    expect(made.sensor.reloads).toBe(0);
    // The floor did not move.
    made.send(made.director.seal(desired({ seq: 1, settings: good() })));
    await until(() => made.inForce()?.seq === 1, 'order 1 in force');
  });

  it('5 MB of noise in pieces of every size are refused, nothing is applied, and memory stays flat', async () => {
    made = await startedBox();
    const next = random(seed);
    const signed = made.director.config({ seq: 1 });
    const before = heapBytes();
    let bytes = 0;
    let pieces = 0;
    for (; bytes < noiseBytes; pieces++) {
      const length = 1 + Math.floor(next() ** 4 * 200_000);
      const noise = Buffer.alloc(length);
      for (let at = 0; at < length; at++) noise[at] = next() * 256;
      // Every second piece begins as a message does.
      if (pieces % 2 === 0) signed.copy(noise, 0, 0, Math.floor(next() * signed.length));
      expect(made.send(noise)).toBeInstanceOf(Error);
      bytes += length;
    }
    const grownBytes = heapBytes() - before;
    process.stdout.write(`${pieces} pieces of noise, ${bytes} bytes: heap grew by ${Math.round(grownBytes / 1024)} KiB\n`);
    expect(grownBytes).toBeLessThan(grownBytesMax);
    expect(made.inForce()).toBeUndefined();
    expect(made.said.length).toBeLessThan(5);
    made.send(signed);
    await made.heard('applied', 1, true);
  });
});

function heapBytes(): number {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
  return process.memoryUsage().heapUsed;
}
