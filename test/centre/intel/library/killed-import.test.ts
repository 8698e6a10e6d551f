/** The import of a list is killed at any moment: the library is as it was, or as it shall be. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { importList } from '../../../../centre/intel/import/import-list.ts';
import { openLibrary } from '../../../../centre/intel/library/library.ts';
import { defaults, temporaryFolder } from '../import/lists.ts';

const folder = temporaryFolder();
const names = 60_000;
const program = join(folder, 'import.ts');
const importer = fileURLToPath(new URL('../../../../centre/intel/import/import-list.ts', import.meta.url));
writeFileSync(
  program,
  `const { importList } = await import(${JSON.stringify(importer)});
process.stdout.write('begins');
await importList(process.argv[2], process.argv[3], ${JSON.stringify({ ...defaults, source: 's' })});
process.stdout.write('ends');`,
);

function list(version: number): string {
  return Array.from({ length: names }, (_, index) => `v${version}-${index * 7919}.example.com`).join('\n');
}

it('leaves the list before or the one after, whole, wherever the import is killed', async () => {
  const library = join(folder, 'intel');
  const paths = [0, 1].map((version) => join(folder, `${version}.txt`));
  for (const [version, path] of paths.entries()) writeFileSync(path, list(version));
  await importList(paths[0]!, library, { ...defaults, source: 's' });
  let isKilled = 0;
  for (let round = 0; round < 12; round++) {
    const signal = round % 3 === 0 ? 'SIGINT' : 'SIGKILL';
    const child = spawn(process.execPath, [program, paths[round % 2]!, library], { stdio: ['ignore', 'pipe', 'inherit'] });
    let said = '';
    child.stdout.on('data', (chunk) => {
      said += chunk;
    });
    const ended = once(child, 'close');
    await once(child.stdout, 'data');
    await sleep(round * 25);
    child.kill(signal);
    await ended;
    if (!said.includes('ends')) isKilled++;
    const versions = new Set([...openLibrary(library).entries()].map(({ value }) => value.slice(0, 2)));
    expect(versions.size).toBe(1);
    expect([...openLibrary(library).entries()]).toHaveLength(names);
  }
  expect(isKilled).toBeGreaterThan(0);
  // What was left lying about is in nobody's way.
  await importList(paths[1]!, library, { ...defaults, source: 's' });
  expect([...openLibrary(library).entries()][0]!.value).toMatch(/^v1-/);
}, 60_000);
