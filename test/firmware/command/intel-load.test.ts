import { type ChildProcess, spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BuiltRelease } from '../../../centre/intel/release/release-folder.ts';
import { releaseFileName } from '../../../firmware/contract/fetch-order.ts';
import { readStateFile, releaseInUseSchema } from '../../../firmware/state-folder.ts';
import { vonggac } from '../../bench/command.ts';
import { domains, TestCentre } from '../../centre/intel/repository/releases.ts';
import { writeQuestions } from '../../centre/story/release-box.ts';
import { typed } from '../../centre/typed.ts';
import { until } from '../agent/uplink/listener.ts';

/** Of nobody in particular. */
const strangerUid = 65_534;
const isRoot = process.getuid?.() === 0;

describe('vonggac intel load', { timeout: 60_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'vonggac-load-'));
  const at = (...names: string[]) => join(folder, ...names);
  const config = at('box.json');
  let centre: TestCentre;
  let releases: BuiltRelease[];
  let box: ChildProcess;
  let log = '';

  beforeAll(async () => {
    centre = new TestCentre();
    releases = [];
    for (const from of [0, 20, 40]) {
      releases.push(await centre.publish(domains(from, 1_000)));
      cpSync(centre.path(''), at(`stick-${releases.length}`), { recursive: true });
    }
    writeFileSync(at('root.json'), centre.repository.trustedRoot());
    writeFileSync(at('director.pub'), generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' }));
    writeQuestions(at('office.pcap'), { 'www.n001010.bad.example': 20 }, 20);
    const document = {
      capture: { file: at('office.pcap') },
      // A box without a way to anybody: what it loads is all it gets.
      uplink: { url: 'mqtt://127.0.0.1:1' },
      directorKeys: [at('director.pub')],
      releases: { rootFile: at('root.json'), trialSeconds: 1 },
    };
    writeFileSync(config, JSON.stringify(document));
    mkdirSync(at('state'));
    const [program = '', ...words] = vonggac('run', '--config', config);
    box = spawn(program, words, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...environment('state') } });
    for (const stream of [box.stdout, box.stderr])
      stream?.on('data', (chunk: Buffer) => {
        log += chunk.toString('utf8');
      });
    await until(() => log.includes('sensor starts'), 'the sensor', 20_000);
  }, 60_000);
  afterAll(async () => {
    const ended = once(box, 'exit');
    box.kill('SIGTERM');
    await ended;
    rmSync(folder, { recursive: true, force: true });
  }, 30_000);

  const environment = (state: string) => ({ STATE_DIRECTORY: at(state), RUNTIME_DIRECTORY: at(state), LANG: 'C' });

  function load(stick: string, { state = 'state', words = [] as readonly string[] } = {}) {
    const [program = '', ...rest] = vonggac('intel', 'load', at(stick), '--config', config, '--lang', 'en', ...words);
    return typed(program, rest, { ...process.env, ...environment(state) });
  }
  const inUse = () => readStateFile(at('state', 'intel', 'in-use.json'), releaseInUseSchema)?.release.version;
  const targetOf = (stick: string, end: string) =>
    at(stick, 'targets', readdirSync(at(stick, 'targets')).find((name) => name.endsWith(end)) ?? '-');

  it('brings a release from a copy of the repository into a box that runs, and it detects with it', async () => {
    expect(await load('stick-1')).toEqual({
      status: 0,
      out: 'Release 1 has the right signatures. The box takes it up within seconds if its software is running.\n',
      err: '',
    });
    await until(() => /"release":1,.*"release loaded"/.test(log), 'release 1 in the sensor', 15_000);
    expect(log).not.toContain('"kind":"c2.domain"');
  });

  it('refuses what was tampered with, by one line, and the box goes on with what it has', async () => {
    cpSync(at('stick-3'), at('altered'), { recursive: true });
    for (const end of ['main-3.vgd', 'main-1-3.vgd']) {
      const target = targetOf('altered', end);
      const bytes = readFileSync(target);
      bytes[100] = (bytes[100] ?? 0) ^ 1;
      writeFileSync(target, bytes);
    }
    const stranger = new TestCentre();
    await stranger.publish(domains(0, 100));
    cpSync(stranger.path(''), at('strange'), { recursive: true });
    for (const [stick, code] of [
      ['altered', 'damaged'],
      ['strange', 'untrusted'],
    ] as const) {
      const { status, out, err } = await load(stick);
      expect([status, out], stick).toEqual([2, '']);
      expect(err).toMatch(new RegExp(`^vonggac: [^\\n]*${stick}[^\\n]*\\(${code}\\)\\n$`));
    }
    const { status, err } = await load('no-such-stick');
    expect([status, err]).toEqual([2, expect.stringContaining('holds no repository of releases')]);
    expect([inUse(), existsSync(at('state', 'intel', 'offered.json'))]).toEqual([1, false]);
  });

  it('takes a newer one up in the place of the former, and says so of one that is not', async () => {
    expect(JSON.parse((await load('stick-3', { words: ['--json'] })).out)).toEqual({
      release: { channel: 'main', version: 3, sha256: releases[2]?.sha256 },
      isNewer: true,
    });
    await until(() => inUse() === 3 && log.includes('"kind":"c2.domain"'), 'an alert of release 3', 15_000);
    const again = await load('stick-3');
    expect(again).toMatchObject({ status: 0, out: 'Release 3 is not newer than the one in use (3); nothing is changed.\n' });
    // What is older is not even genuine any more: it was seen how far the repository is.
    expect(await load('stick-2')).toMatchObject({ status: 2, err: expect.stringContaining('untrusted') });
    expect(inUse()).toBe(3);
  });

  it.skipIf(!isRoot)('leaves nothing to root where the software of the box is another user', async () => {
    mkdirSync(at('other'));
    chownSync(at('other'), strangerUid, strangerUid);
    chmodSync(folder, 0o755);
    expect(await load('stick-3', { state: 'other' })).toMatchObject({ status: 0, err: '' });
    const set = releaseFileName(releases[2]!);
    for (const name of ['', 'metadata', 'metadata/root.json', 'offered.json', 'releases', set])
      expect(statSync(at('other', 'intel', name)).uid, name).toBe(strangerUid);
    // The sensor is a third one, of the same group.
    for (const [name, bits] of [
      ['', 0o050],
      ['releases', 0o050],
      [set, 0o040],
    ] as const)
      expect(statSync(at('other', 'intel', name)).mode & bits, name).toBe(bits);
    chmodSync(at('stick-3', 'metadata'), 0o700);
    expect(await load('stick-3', { state: 'other' })).toMatchObject({ status: 2, err: expect.stringContaining('copy it into /tmp') });
  });
});
