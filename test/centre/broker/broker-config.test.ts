import { spawnSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command, CommanderError } from 'commander';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { boxesAccess, serviceNames, servicesAccess } from '../../../centre/broker/access.ts';
import { placedFiles, writtenFiles } from '../../../centre/broker/layout.ts';
import { addBrokerConfig } from '../../../centre/command/broker-config.ts';
import { boxIdPattern, up } from '../../../firmware/contract/topics.ts';

describe('vonggac-centre broker-config', () => {
  let root: string;
  let folder: string;
  let output: string;
  let complaints: string;

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'vonggac-bc-'));
    folder = join(root, 'etc');
    output = '';
    complaints = '';
    vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
      output += String(text);
      return true;
    });
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
      complaints += String(text);
      return true;
    });
  });

  afterEach(() => {
    vi.restoreAllMocks();
    rmSync(root, { recursive: true, force: true });
  });

  async function run(...words: string[]): Promise<void> {
    const program = new Command('vonggac-centre').exitOverride().configureOutput({ outputError: () => undefined });
    addBrokerConfig(program);
    for (const command of program.commands) command.copyInheritedSettings(program);
    await program.parseAsync(['broker-config', ...words], { from: 'user' });
  }

  const pathOf = (name: string) => join(folder, name);
  const everyFile = () => Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(pathOf(name), 'utf8')]));

  it('writes every file, for the broker’s group and nobody else, and says what is still missing', async () => {
    await run(folder, '--host', 'broker.example');
    expect(readdirSync(folder).toSorted()).toEqual(Object.values(writtenFiles).toSorted());
    for (const name of Object.values(placedFiles)) expect(output).toContain(name);
    const open: string[] = [writtenFiles.unit, writtenFiles.readme];
    const programs: string[] = [writtenFiles.start, writtenFiles.reload];
    for (const name of Object.values(writtenFiles)) {
      const mode = open.includes(name) ? 0o644 : programs.includes(name) ? 0o750 : 0o640;
      expect([name, statSync(pathOf(name)).mode & 0o777]).toEqual([name, mode]);
    }
    expect(statSync(folder).mode & 0o007).toBe(0);
  });

  it('changes nothing the second time', async () => {
    await run(folder);
    const before = everyFile();
    const times = readdirSync(folder).map((name) => statSync(pathOf(name)).mtimeMs);
    await run(folder);
    expect(everyFile()).toEqual(before);
    expect(readdirSync(folder).map((name) => statSync(pathOf(name)).mtimeMs)).toEqual(times);
    expect(output.split('unchanged').length - 1).toBe(Object.keys(writtenFiles).length);
  });

  it('renews what it wrote itself, and takes the mode with it', async () => {
    await run(folder, '--port', '8883');
    await run(folder, '--port', '443', '--bind', '192.0.2.7');
    const text = readFileSync(pathOf(writtenFiles.configuration), 'utf8');
    expect(text).toContain('\nlistener 443 192.0.2.7\n');
    expect(text).not.toContain('listener 8883');
    expect(statSync(pathOf(writtenFiles.configuration)).mode & 0o777).toBe(0o640);
  });

  it.each(Object.values(writtenFiles))('replaces nothing where a person has edited %s, unless forced', async (name) => {
    await run(folder);
    appendFileSync(pathOf(name), '# ours\n');
    const before = everyFile();
    await expect(run(folder, '--port', '443')).rejects.toMatchObject({ name: 'UserError', message: expect.stringContaining(name) });
    expect(everyFile()).toEqual(before);
    await run(folder, '--port', '443', '--force');
    expect(readFileSync(pathOf(name), 'utf8')).not.toContain('# ours');
  });

  it('takes a file that is not its own for one that was edited', async () => {
    await run(folder);
    writeFileSync(pathOf(writtenFiles.boxesAccess), 'topic readwrite #\n');
    await expect(run(folder)).rejects.toMatchObject({ name: 'UserError' });
    writeFileSync(pathOf(writtenFiles.boxesAccess), '');
    await expect(run(folder)).rejects.toMatchObject({ name: 'UserError' });
  });

  it('never touches keys, certificates and lists of revoked certificates, and warns of a key that all may read', async () => {
    await run(folder);
    for (const name of Object.values(placedFiles)) writeFileSync(pathOf(name), `secret ${name}`, { mode: 0o604 });
    await run(folder, '--port', '443', '--force');
    for (const name of Object.values(placedFiles)) expect(readFileSync(pathOf(name), 'utf8')).toBe(`secret ${name}`);
    expect(complaints).toContain(placedFiles.key);
  });

  it.each([
    [['--port', '0'], /port/],
    [['--port', '8884'], /a port each/],
    [['--service-port', 'x'], /port/],
    [['--user', 'root; rm'], /user name/],
    [['--host', 'a b'], /host name/],
    [['--bind', '0.0.0.0\nallow_anonymous true'], /host name/],
    [['--state', '/var/lib/../x y'], /path/],
  ])('refuses %j with one line', async (words, message) => {
    const error: unknown = await run(folder, ...words).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(Error);
    expect(error instanceof CommanderError || (error instanceof Error && error.name === 'UserError')).toBe(true);
    expect(String(error)).toMatch(message);
    expect(() => readdirSync(folder)).toThrow();
  });

  it('refuses a folder whose name the broker’s files cannot hold', async () => {
    await expect(run(join(root, 'with blank'))).rejects.toMatchObject({ name: 'UserError' });
  });

  it('gives boxes each topic of the table that goes up, and no other to write', async () => {
    const rights = boxesAccess()
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'));
    const written = rights.filter((line) => line.startsWith('pattern write '));
    expect(written).toHaveLength(Object.keys(up).length);
    expect(written).toContain('pattern write vonggac/1/up/%u/evidence/+/+');
    expect(rights.filter((line) => !written.includes(line))).toEqual([
      'pattern read vonggac/1/down/%u/#',
      'pattern read vonggac/1/bcast/#',
    ]);
    // The client id is whatever the client says; a level that holds a wildcard beside the name would be another box's.
    expect(written.filter((line) => line.includes('%c') || !line.includes('/%u/'))).toEqual([]);
  });

  it('names services as no box can be named', () => {
    for (const name of serviceNames) {
      expect(boxIdPattern.test(name)).toBe(false);
      expect(servicesAccess()).toContain(`user ${name}\n`);
    }
    expect(servicesAccess()).not.toMatch(/pattern|(write|readwrite) \S*#/);
  });

  it('trusts one authority at each port, asks for TLS 1.3 and a certificate, and lets nobody in without a name', async () => {
    await run(folder);
    const text = readFileSync(pathOf(writtenFiles.configuration), 'utf8');
    const [, boxes = '', services = '', filter = ''] = text.split(/^listener /m);
    for (const [section, authority] of [
      [boxes, placedFiles.boxesAuthority],
      [services, placedFiles.servicesAuthority],
    ] as const) {
      expect(section.match(/^cafile .*$/gm)).toEqual([`cafile ${pathOf(authority)}`]);
      for (const line of ['allow_anonymous false', 'tls_version tlsv1.3', 'require_certificate true', 'use_identity_as_username true'])
        expect(section).toContain(`\n${line}\n`);
      expect(section).toMatch(/^crlfile /m);
    }
    expect(boxes).toContain('\nuse_username_as_clientid true\n');
    expect(services).toMatch(/^8884 127\.0\.0\.1\n/);
    expect(filter).toMatch(/^0 \/var\/lib\/vonggac-broker\/log\.sock\n/);
    expect(text.match(/^allow_anonymous true$/gm)).toHaveLength(1);
  });

  it('makes a user for the broker, unless it is to run as root', async () => {
    await run(folder, '--user', 'broker');
    expect(readFileSync(pathOf(writtenFiles.readme), 'utf8').match(/^sudo adduser .* broker$/gm)).toHaveLength(2);
    await run(folder, '--user', 'root');
    const guide = readFileSync(pathOf(writtenFiles.readme), 'utf8');
    expect(guide).not.toContain('adduser');
    expect(guide).toMatch(/disable --now mosquitto\nsudo chown root:root /);
  });

  it('has the guide name every file to be put there, in both languages', async () => {
    await run(folder, '--host', 'broker.example');
    const [vietnamese = '', english = ''] = readFileSync(pathOf(writtenFiles.readme), 'utf8').split('\n---\n');
    for (const part of [vietnamese, english]) {
      for (const name of Object.values(placedFiles)) expect(part).toContain(`\`${name}\``);
      expect(part).toContain('mqtts://broker.example:8883');
      expect(part).toContain('broker-disconnect');
    }
    expect(vietnamese).toContain('thu hồi');
    expect(english).toContain('revoke');
  });

  const hasSystemd = spawnSync('systemd-analyze', ['--version']).status === 0;
  it.skipIf(!hasSystemd)('has a unit that systemd finds well shut', async () => {
    await run(folder);
    const { stdout } = spawnSync('systemd-analyze', ['security', '--offline=true', '--no-pager', pathOf(writtenFiles.unit)], {
      encoding: 'utf8',
    });
    const score = Number(/Overall exposure level for \S+: ([\d.]+)/.exec(stdout)?.[1]);
    // Debian's own unit of Mosquitto has 9.6.
    expect(score).toBeLessThanOrEqual(1.3);
  });
});
