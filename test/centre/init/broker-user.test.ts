import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writtenFiles } from '../../../centre/broker/layout.ts';
import { openCentreFolder } from '../../../centre/centre-folder.ts';
import type { InitFlags } from '../../../centre/command/init.ts';
import { makeCentre } from '../../../centre/init/init.ts';
import { inWords } from '../../../centre/init/report.ts';
import { accepting, freePorts } from '../broker/centre-broker.ts';

const user = 'mosquitto';
const canTry = process.getuid?.() === 0 && spawnSync('id', [user]).status === 0;

describe.skipIf(!canTry)('a broker that is started as root', () => {
  let root: string;
  let folder: string;

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'vonggac-bu-'));
    folder = join(root, 'centre');
  });

  afterEach(() => rmSync(root, { recursive: true, force: true }));

  const flags = (more: Partial<InitFlags>): InitFlags => ({
    host: ['127.0.0.1'],
    bind: '127.0.0.1',
    passphrase: false,
    lang: 'en',
    ...more,
  });
  const as = (path: string) => spawnSync('setpriv', ['--reuid', user, '--regid', user, '--init-groups', '--', 'cat', path]).status === 0;

  it('runs as a user who can read what it needs, and nothing else of the centre', async () => {
    chmodSync(root, 0o711);
    const [port = 0, servicePort = 0, claimPort = 0, servePort = 0] = await freePorts(4);
    const made = await makeCentre(folder, flags({ port, servicePort, claimPort, servePort }));
    expect(made.folder.centre.broker?.user).toBe(user);
    expect(made.brokerUser).toBeUndefined();
    expect(statSync(folder).mode & 0o777).toBe(0o710);
    for (const name of ['broker/server.key', 'broker/boxes.crl', 'broker/mosquitto.conf'])
      expect([name, as(join(folder, name))]).toEqual([name, true]);
    for (const name of ['centre.json', 'register.db', 'centre.db', 'authority/boxes.key', 'director/director.key', 'services/director.key'])
      expect([name, as(join(folder, name))]).toEqual([name, false]);
    const child = spawn(join(folder, 'broker', writtenFiles.start), { stdio: ['ignore', 'ignore', 'pipe'] });
    try {
      await accepting(child, [port, servicePort], []);
      expect(readFileSync(`/proc/${child.pid}/comm`, 'utf8')).toBe('mosquitto\n');
      expect(statSync(`/proc/${child.pid}`).uid).toBe(Number(execFileSync('id', ['-u', user])));
      execFileSync(join(folder, 'broker', writtenFiles.reload));
    } finally {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    }
    // Renewed files stay within its reach.
    rmSync(join(folder, 'broker', 'server.crt'));
    await makeCentre(folder, flags({}));
    expect(as(join(folder, 'broker', 'server.crt'))).toBe(true);
  });

  it('stays root where that user could not reach the folder', async () => {
    const { folder: made } = await makeCentre(folder, flags({}));
    expect(openCentreFolder(made.path).centre.broker?.user).toBe('root');
    expect(statSync(folder).mode & 0o777).toBe(0o700);
  });

  it('is said to need a user that is yet to be made', async () => {
    const made = await makeCentre(folder, flags({ user: 'nobody-of-this-name' }));
    expect(made.brokerUser).toBe('no-such-user');
    for (const language of ['vi', 'en'] as const)
      expect(inWords(made, language)).toMatch(/sudo adduser .* nobody-of-this-name; sudo vonggac-centre init/);
  });
});
