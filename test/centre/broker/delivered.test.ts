import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type BrokerLayout, pidFileName, placedClaimsFiles, writtenClaimsFiles, writtenFiles } from '../../../centre/broker/layout.ts';
import { writeBrokerConfig } from '../../../centre/broker/write-config.ts';
import { until } from '../../firmware/agent/uplink/listener.ts';
import { type CentreBroker, startCentreBroker } from './centre-broker.ts';

const run = promisify(execFile);

describe('reload-broker without systemd', () => {
  let broker: CentreBroker;

  beforeAll(async () => {
    broker = await startCentreBroker();
  });

  afterAll(() => broker?.stop());

  const reload = () => run(join(broker.layout.folder, writtenFiles.reload));
  const pidFile = () => join(broker.layout.stateFolder, pidFileName);

  it('finds the broker that runs', async () => {
    expect(readFileSync(pidFile(), 'utf8')).toBe(`${broker.pid}\n`);
    await reload();
    await until(() => broker.log.some((line) => line.includes('Reloading config')), 'the reload');
  });

  it.each([
    ['is gone', '999999999\n'],
    ['is somebody else now', `${process.pid}\n`],
    ['is no number', '-1\n'],
    ['is missing', ''],
    ['is a list', '1 2 3\n'],
    ['is a command', '$(touch pwned)\n'],
  ])('sends no signal where the process that it knows %s', async (_what, text) => {
    const sound = readFileSync(pidFile(), 'utf8');
    writeFileSync(pidFile(), text);
    await expect(reload()).rejects.toThrow(/the broker does not run; nothing was changed/);
    rmSync(pidFile());
    await expect(reload()).rejects.toThrow(/the broker does not run here, or may not be reached/);
    writeFileSync(pidFile(), sound);
    await reload();
  });
});

describe('the configuration of the broker for claims', () => {
  let root: string;
  let layout: BrokerLayout;

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'vonggac-dl-'));
    layout = {
      folder: join(root, 'etc'),
      host: 'broker.example',
      port: 8883,
      servicePort: 8884,
      serviceBind: '127.0.0.1',
      stateFolder: '/var/lib/vonggac-broker',
      logFolder: '/var/log/vonggac-broker',
      user: 'vonggac-broker',
      claims: { port: 8885, broker: '127.0.0.1', bridgeId: '0123456789abcdef0123456789abcdef' },
    };
  });

  afterEach(() => rmSync(root, { recursive: true, force: true }));

  const read = (name: string) => readFileSync(join(layout.folder, name), 'utf8');

  it('is written where claims are taken, and is for the broker’s group alone', async () => {
    const { missing } = await writeBrokerConfig(layout);
    expect(readdirSync(layout.folder).toSorted()).toEqual(
      [...Object.values(writtenFiles), ...Object.values(writtenClaimsFiles)].toSorted(),
    );
    expect(missing).toEqual(expect.arrayContaining(Object.values(placedClaimsFiles)));
    for (const [name, mode] of [
      [writtenClaimsFiles.configuration, 0o640],
      [writtenClaimsFiles.access, 0o640],
      [writtenClaimsFiles.start, 0o750],
    ] as const)
      expect([name, statSync(join(layout.folder, name)).mode & 0o777]).toEqual([name, mode]);
    for (const part of read(writtenFiles.readme).split('\n---\n')) {
      expect(part).toContain('mqtts://broker.example:8885');
      expect(part).toContain('vonggac-claims');
      expect(part).toContain('vonggac-centre revoke');
    }
  });

  it('opens no door for strangers at the broker of boxes and services', async () => {
    await writeBrokerConfig(layout);
    const text = read(writtenFiles.configuration);
    expect(text).not.toContain('8885');
    // The socket of the log filter.
    expect(text.match(/^allow_anonymous true$/gm)).toHaveLength(1);
    expect(read(writtenClaimsFiles.access).match(/^(pattern|topic|user).*$/gm)).toEqual([
      'pattern write vonggac/1/claim/%c/req',
      'pattern read vonggac/1/claim/%c/res',
    ]);
  });

  it('keeps rights of revoked boxes apart from those of all others', async () => {
    await writeBrokerConfig(layout, { revoked: ['hx-09', 'hx-02'] });
    expect(read(writtenFiles.boxesAccess)).toMatch(/\nuser hx-02\ntopic deny #\nuser hx-09\ntopic deny #\n$/);
    await writeBrokerConfig(layout);
    expect(read(writtenFiles.boxesAccess)).not.toContain('deny');
  });

  it('has a README whose commands are bash', async () => {
    await writeBrokerConfig(layout);
    for (const script of [writtenClaimsFiles.start, writtenFiles.start, writtenFiles.reload])
      execFileSync('bash', ['-n', join(layout.folder, script)]);
    const blocks = read(writtenFiles.readme).match(/(?<=^```\n)[^`]+(?=^```$)/gm) ?? [];
    expect(blocks.length).toBeGreaterThanOrEqual(4);
    for (const block of blocks) execFileSync('bash', ['-n'], { input: block });
  });

  const hasSystemd = spawnSync('systemd-analyze', ['--version']).status === 0;
  it.skipIf(!hasSystemd)('has a unit that systemd finds well shut', async () => {
    await writeBrokerConfig(layout);
    const unit = join(layout.folder, writtenClaimsFiles.unit);
    const { stdout } = spawnSync('systemd-analyze', ['security', '--offline=true', '--no-pager', unit], { encoding: 'utf8' });
    expect(Number(/Overall exposure level for \S+: ([\d.]+)/.exec(stdout)?.[1])).toBeLessThanOrEqual(1.3);
  });
});
