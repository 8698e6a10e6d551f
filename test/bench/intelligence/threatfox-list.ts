/** Writes a list of indicators in the format of ThreatFox's CSV export: names, addresses with ports, URLs, all from a seed. */

import { closeSync, openSync, writeSync } from 'node:fs';
import { Random } from '../../fuzz/random.ts';
import { indicatorLine } from '../generate-indicators.ts';
import type { Progress } from '../progress.ts';

const chunkCharacters = 1 << 20;
const columns =
  'first_seen_utc ioc_id ioc_value ioc_type threat_type fk_malware malware_alias malware_printable last_seen_utc confidence_level is_compromised reference tags anonymous reporter';
const families = ['Cobalt Strike', 'Sliver', 'Vidar', 'FAKEUPDATES', 'Remcos', 'AsyncRAT', 'Lumma Stealer', 'Mirai'];
const confidences = [50, 75, 100];
const daysMax = 60;
/** One tells of many indicators. */
const reportCount = 20_000;

/** Kind of a value as that list names it; undefined: a kind that it does not have. */
function typeOf(value: string): string | undefined {
  if (value.startsWith('http')) return 'url';
  if (/^[0-9.]+:\d+$/.test(value)) return 'ip:port';
  if (/^[0-9.]+$/.test(value)) return 'ip:port';
  return /^[a-z0-9-]+(\.[a-z0-9-]+)+$/.test(value) ? 'domain' : undefined;
}

export function generateThreatFox(path: string, { count, seed }: { count: number; seed: number }, progress: Progress): void {
  const random = new Random(seed);
  const file = openSync(path, 'w');
  const quoted = (cells: readonly string[]) => `${cells.map((cell) => `"${cell}"`).join(', ')}\n`;
  let text = `# ThreatFox IOCs: full data dump\n# ${quoted(columns.split(' '))}`;
  const nowMs = Date.now();
  for (let number = 0; number < count; ) {
    const drawn = indicatorLine(random);
    const type = typeOf(drawn);
    if (type === undefined) continue;
    number++;
    const value = type === 'ip:port' && !drawn.includes(':') ? `${drawn}:${random.between(1, 65_535)}` : drawn;
    const seen = new Date(nowMs - random.below(daysMax * 86_400) * 1_000).toISOString().slice(0, 19).replace('T', ' ');
    const family = random.pick(families);
    text += quoted([
      seen,
      String(number),
      value,
      type,
      'botnet_cc',
      `win.${family.toLowerCase().replaceAll(' ', '_')}`,
      'None',
      family,
      '',
      String(random.pick(confidences)),
      'False',
      random.chance(0.5) ? 'None' : `https://reports.example/${random.below(reportCount)}`,
      'None',
      '0',
      'tester',
    ]);
    if (text.length < chunkCharacters) continue;
    writeSync(file, text);
    text = '';
    progress.show(number, count);
  }
  writeSync(file, text);
  closeSync(file);
}
