/**
 * Writes a list of indicators, one a line: `node test/bench/generate-indicators.ts FILE [--count N] [--seed N]`. None of them is in the
 * office traffic, except the planted ones at its head.
 */

import { createHash } from 'node:crypto';
import { closeSync, openSync, writeSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Random } from '../fuzz/random.ts';
import { type Progress, startProgress } from './progress.ts';
import { planted } from './traffic/network.ts';
import { certificateChain } from './traffic/server-hello.ts';

const chunkCharacters = 1 << 20;
const syllables =
  'ba be bi bo bu da de di do du ka ke ki ko ku la le li lo lu ma me mi mo mu na ne ni no nu ra re ri ro ru sa se si so su ta te ti to tu'.split(
    ' ',
  );
const endings = ['example', 'invalid', 'test', 'com.example', 'net.invalid', 'top.test', 'xyz.invalid', 'info.example'];
const paths = ['gate.php', 'wp-content/update', 'panel/login', 'api/v1/task', 'u/stage2.bin', 'cdn-cgi/beacon'];

/** What the office and hostile captures contact on purpose. */
export function plantedIndicators(): string[] {
  const leaf = certificateChain(planted.certificateName)[0]!;
  const sha1 = createHash('sha1').update(leaf).digest('hex');
  return [planted.domain, planted.address, `http://${planted.urlHost}${planted.urlPath}`, sha1];
}

/** Shares as in public lists: mostly names, then addresses, then a little of everything. */
export function indicatorLine(random: Random): string {
  const kind = random.unit();
  if (kind < 0.6) return domain(random);
  if (kind < 0.85) return address4(random);
  if (kind < 0.9) return `http${random.chance(0.5) ? 's' : ''}://${domain(random)}/${random.pick(paths)}?id=${random.below(100_000)}`;
  if (kind < 0.92) return hex(random, 20);
  if (kind < 0.93) return hex(random, 32);
  if (kind < 0.945) return hex(random, 16);
  if (kind < 0.95) return `t13d${random.between(10, 20)}${random.between(10, 16)}h2_${hex(random, 6)}_${hex(random, 6)}`;
  if (kind < 0.96) return `${address4(random)}/${random.between(24, 30)}`;
  if (kind < 0.98) return address6(random);
  if (kind < 0.995) return `${address4(random)}:${random.between(1, 65_535)}`;
  return `ua:Mozilla/4.0 (compatible; implant ${hex(random, 4)})`;
}

function hex(random: Random, bytes: number): string {
  return random.bytes(bytes).toString('hex');
}

function domain(random: Random): string {
  let name = '';
  for (let left = random.between(2, 5); left > 0; left--) name += random.pick(syllables);
  const host = random.chance(0.3) ? `${random.pick(syllables)}${random.below(1000)}.` : '';
  return `${host}${name}${random.below(100_000)}.${random.pick(endings)}`;
}

/** Public addresses outside what the captures use (10/8, 192.0.2/24, 198.18/15, 198.51.100/24, 203.0.113/24). */
function address4(random: Random): string {
  let first = random.between(11, 222);
  if ([100, 127, 169, 172, 192, 198, 203].includes(first)) first = 45;
  return `${first}.${random.below(256)}.${random.below(256)}.${random.between(1, 254)}`;
}

function address6(random: Random): string {
  const word = (): string => random.below(65_536).toString(16);
  return `2001:db8:${(0x1000 + random.below(0xe000)).toString(16)}:${word()}:${word()}:${word()}:${word()}:${word()}`;
}

export function generateIndicators(path: string, options: { count: number; seed: number }, progress: Progress): number {
  const random = new Random(options.seed);
  const file = openSync(path, 'w');
  let text = `# ${options.count} seeded indicators\n${plantedIndicators().join('\n')}\n`;
  for (let number = plantedIndicators().length; number < options.count; number++) {
    text += `${indicatorLine(random)}\n`;
    if (text.length < chunkCharacters) continue;
    writeSync(file, text);
    text = '';
    progress.show(number, options.count);
  }
  writeSync(file, text);
  closeSync(file);
  return options.count;
}

if (import.meta.main) {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { count: { type: 'string', default: '1000000' }, seed: { type: 'string', default: '1' } },
  });
  const progress = startProgress('indicators');
  const count = generateIndicators(
    positionals[0] ?? 'indicators.txt',
    { count: Number(values.count), seed: Number(values.seed) },
    progress,
  );
  progress.done(`${count} lines`);
}
