import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readKeyFile } from '../../../centre/authority/key-file.ts';
import { centreFiles } from '../../../centre/centre-folder.ts';

const program = fileURLToPath(new URL('./init-process.ts', import.meta.url));
const killsMin = 10;

describe('an init that is killed', () => {
  let root: string;
  let folder: string;

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'vonggac-ki-'));
    folder = join(root, 'centre');
  });

  afterEach(() => rmSync(root, { recursive: true, force: true }));

  const read = (name: string) => (existsSync(join(folder, name)) ? readFileSync(join(folder, name), 'utf8') : undefined);
  const watched = [
    centreFiles.serversAuthority,
    centreFiles.boxesAuthority,
    centreFiles.directorPublic,
    centreFiles.serversKey,
    centreFiles.boxesKey,
    centreFiles.directorKey,
  ];

  function start() {
    const words = [program, folder, '--host', '127.0.0.1', '--user', userInfo().username, '--no-passphrase', '--json'];
    return spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'pipe'] });
  }

  it('is finished by the next one: whatever was whole before is what it was, and all of it is there at the end', async () => {
    const known = new Map<string, string>();
    let kills = 0;
    for (let round = 0; round < 60; round++) {
      const child = start();
      const ended = once(child, 'exit');
      // From the moment at which files appear, a little later each time.
      const hasMore = () => existsSync(folder) && watched.some((name) => !known.has(name) && existsSync(join(folder, name)));
      while (child.exitCode === null && !hasMore()) await sleep(1);
      await sleep(round % 3);
      child.kill('SIGKILL');
      const [, signal] = await ended;
      if (signal === 'SIGKILL') kills++;
      for (const name of watched) {
        const text = read(name);
        const former = known.get(name);
        if (former !== undefined) expect([name, text]).toEqual([name, former]);
        if (text !== undefined) known.set(name, text);
      }
      if (known.size === watched.length && kills >= killsMin) break;
      // Nothing new to wait for: begin another centre.
      if (known.size === watched.length) {
        rmSync(folder, { recursive: true });
        known.clear();
      }
    }
    expect(kills).toBeGreaterThanOrEqual(killsMin);
    const child = start();
    const [code] = await once(child, 'exit');
    expect(code).toBe(0);
    for (const [name, text] of known) expect([name, read(name)]).toEqual([name, text]);
    for (const name of ['broker/server.crt', 'services/ingest.crt'])
      expect(
        execFileSync('openssl', ['verify', '-CAfile', centreFiles.serversAuthority, name], { cwd: folder, encoding: 'utf8' }),
      ).toContain('OK');
    for (const name of [centreFiles.serversKey, centreFiles.boxesKey, centreFiles.directorKey]) readKeyFile(join(folder, name), undefined);
  }, 60_000);
});
