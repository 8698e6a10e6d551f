import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ListReport, readList } from '../../../../firmware/sensor/intel/read-list.ts';

const folder = join(process.env.VONGGAC_CORPUS ?? '/nowhere', 'intel');
const isThere = existsSync(join(folder, 'manifest.jsonl'));
if (!isThere) console.info('public lists: not tried, VONGGAC_CORPUS names no folder with them');

/**
 * Where this reader decides otherwise than the folder's truth: `ftp` is refused, since no sensor sees such a URL; and 32 bare hex digits
 * in a plain list are a JA3.
 */
const differences: Record<string, Partial<Record<string, number>>> = {
  'own_urlhaus.csv': { url: -1, refused: 1 },
  'own_plain_mixed.txt': { ja3: 1, refused: -1 },
};

interface Truth {
  file: string;
  format: string;
  expects: Record<string, number>;
}

const truths: Truth[] = !isThere
  ? []
  : readFileSync(join(folder, 'manifest.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Truth)
      .filter(({ format }) => /^(?:plain-list|threatfox-csv|urlhaus-csv|feodo-csv|sslbl-)/.test(format));

describe.skipIf(!isThere)('public lists give the number of values that is known of them', () => {
  test.each(truths)('$file', ({ file, expects }) => {
    const kinds: Record<string, Set<string>> = {};
    const report = new ListReport();
    readList(join(folder, file), { allow: false, defaults: { confidence: 75 } }, report, (value) => {
      const kind = value.type.replace('-', '_');
      kinds[kind] ??= new Set();
      kinds[kind].add(JSON.stringify(value));
    });
    const expected: Record<string, number> = { ...expects, address: (expects.address ?? 0) + (expects.cidr ?? 0) };
    for (const [kind, count] of Object.entries(differences[file] ?? {})) expected[kind] = (expected[kind] ?? 0) + (count ?? 0);
    for (const kind of ['address', 'address_port', 'domain', 'url', 'ja3', 'ja4', 'cert_sha1', 'cert_sha256', 'user_agent']) {
      expect(kinds[kind]?.size ?? 0, kind).toBe(expected[kind] ?? 0);
    }
    expect(report.refused).toBe(expected.refused);
  });
});
