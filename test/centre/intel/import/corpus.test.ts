/**
 * Real lists, and awkward ones, with the number of values that each holds. They are not part of this project; a folder with them is named by
 * VONGGAC_CORPUS (the lists lie in its folder `intel`).
 */
import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { readNamed, temporaryFolder } from './lists.ts';

const folder = join(process.env.VONGGAC_CORPUS ?? fileURLToPath(new URL('../../../../../shared/corpus', import.meta.url)), 'intel');
const manifest = join(folder, 'manifest.jsonl');
const isThere = existsSync(manifest);
if (!isThere) console.info(`public lists: not tried, there are none at ${folder}; VONGGAC_CORPUS may name a folder with them`);

const lineSchema = z.object({
  file: z.string(),
  format: z.string(),
  expects: z.record(z.string(), z.number()),
  samples: z.record(z.string(), z.array(z.string())),
});
const lines = isThere
  ? readFileSync(manifest, 'utf8')
      .trim()
      .split('\n')
      .map((line) => lineSchema.parse(JSON.parse(line)))
  : [];

describe.skipIf(!isThere)('public lists', () => {
  const place = temporaryFolder();

  it.each(lines)('$file: every count agrees, and every sample is in', async ({ file, format, expects, samples }) => {
    const { report, values } = await readNamed(mkdtempSync(join(place, 'one-')), join(folder, file));
    expect(report.format).toBe(format);
    expect({ ...report.counts, refused: report.refused }).toEqual(expects);
    for (const [kind, some] of Object.entries(samples)) for (const value of some) expect(values).toContain(`${kind} ${value}`);
    // What was counted is what was kept.
    const kept = values.filter((value) => !value.startsWith('allow ')).length;
    expect(kept).toBe(Object.entries(report.counts).reduce((sum, [kind, count]) => (kind === 'allow' ? sum : sum + count), 0));
    // None is left out of the file to look at.
    if (report.refused > 0) expect(readFileSync(report.refusedFile!, 'utf8').trim().split('\n').length - 1).toBe(report.refused);
  });
});
