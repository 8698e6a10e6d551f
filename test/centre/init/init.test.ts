import { execFileSync } from 'node:child_process';
import { createHash, createPublicKey, X509Certificate } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { readKeyFile } from '../../../centre/authority/key-file.ts';
import { centreFiles, openCentreFolder } from '../../../centre/centre-folder.ts';
import type { InitFlags } from '../../../centre/command/init.ts';
import { init, makeCentre } from '../../../centre/init/init.ts';
import { openRegisterFile } from '../../../centre/register/register-file.ts';

const yearMs = 365.25 * 86_400_000;

/** Of releases of indicators, which a person brings. */
const releaseKeys = ['root-1.key', 'root-2.key', 'root-3.key', 'targets.key'];

describe('vonggac-centre init', () => {
  let root: string;
  let folder: string;
  let output: string;

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'vonggac-in-'));
    folder = join(root, 'centre');
    output = '';
    vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
      output += String(text);
      return true;
    });
  });

  afterEach(() => {
    vi.restoreAllMocks();
    vi.useRealTimers();
    rmSync(root, { recursive: true, force: true });
  });

  const flags = (more: Partial<InitFlags> = {}): InitFlags => ({
    host: ['127.0.0.1'],
    user: userInfo().username,
    passphrase: false,
    lang: 'en',
    ...more,
  });
  const make = (more?: Partial<InitFlags>) => makeCentre(folder, flags(more));
  const path = (name: string) => join(folder, name);
  const read = (name: string) => readFileSync(path(name), 'utf8');

  /** Every file below the folder with its mode, time and contents. */
  function everything(below = folder): Record<string, string> {
    const names = readdirSync(below, { recursive: true, encoding: 'utf8' }).filter((name) => statSync(join(below, name)).isFile());
    return Object.fromEntries(
      names.map((name) => {
        const { mode, mtimeMs } = statSync(join(below, name));
        return [
          name,
          `${mode.toString(8)} ${mtimeMs} ${createHash('sha256')
            .update(readFileSync(join(below, name)))
            .digest('hex')}`,
        ];
      }),
    );
  }
  const isDatabase = (name: string) => /\.db(-|$)/.test(name);
  const withoutDatabases = (files: Record<string, string>) =>
    Object.fromEntries(Object.entries(files).filter(([name]) => !isDatabase(name)));

  const openssl = (...words: string[]) =>
    execFileSync('openssl', words, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });

  it('makes certificates that OpenSSL takes, each by its own authority and for its own use', async () => {
    await make({ host: ['broker.example', '192.0.2.7'] });
    const verify = (authority: string, purpose: string, file: string) =>
      openssl('verify', '-x509_strict', '-purpose', purpose, '-CAfile', authority, file);
    for (const [file, purpose] of [
      ['broker/server.crt', 'sslserver'],
      ['services/serve.crt', 'sslserver'],
      ['broker/claims.crt', 'sslclient'],
      ...['ingest', 'watch', 'director', 'registrar'].map((name) => [`services/${name}.crt`, 'sslclient'] as const),
    ] as const) {
      expect(verify(centreFiles.serversAuthority, purpose, file)).toBe(`${file}: OK\n`);
      expect(() => verify(centreFiles.boxesAuthority, purpose, file)).toThrow();
      expect(new X509Certificate(read(file)).checkPrivateKey(readKeyFile(path(file.replace('.crt', '.key')), undefined))).toBe(true);
    }
    expect(new X509Certificate(read('services/director.crt')).subject).toBe('CN=centre.director');
    for (const file of ['broker/server.crt', 'services/serve.crt'])
      expect(new X509Certificate(read(file)).subjectAltName).toBe(
        'DNS:broker.example, IP Address:192.0.2.7, IP Address:127.0.0.1, DNS:localhost',
      );
    expect(read('broker/ca-boxes.crt')).toBe(read(centreFiles.boxesAuthority));
    expect(read('broker/ca-services.crt')).toBe(read(centreFiles.serversAuthority));
    expect(createPublicKey(readKeyFile(path(centreFiles.directorKey), undefined)).export({ type: 'spki', format: 'pem' })).toBe(
      read(centreFiles.directorPublic),
    );
    expect(readKeyFile(path(centreFiles.directorKey), undefined).asymmetricKeyType).toBe('ed25519');
  });

  it('keeps everything but what is public from everybody else', async () => {
    await make();
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    const open = Object.entries(everything()).filter(([, text]) => /^\d+[1-7] /.test(text));
    expect(open.map(([name]) => name).filter((name) => !/\.(crt|pub|service|md)$|^intel\/repository\/metadata\//.test(name))).toEqual([]);
    for (const name of ['centre.json', 'register.db', 'centre.db', centreFiles.boxesKey, centreFiles.directorKey, 'services/ingest.key'])
      expect([name, statSync(path(name)).mode & 0o777]).toEqual([name, 0o600]);
    expect(Object.keys(everything()).filter((name) => name.endsWith('.new'))).toEqual([]);
  });

  it('changes nothing the second time, and says so', async () => {
    await make();
    const before = withoutDatabases(everything());
    await init(folder, flags());
    expect(withoutDatabases(everything())).toEqual(before);
    expect(output).toMatch(/^\d+ files were there already and were kept\n/);
    expect(output).not.toMatch(/^made|^renewed/m);
  });

  it('makes again what is missing, without another key for it', async () => {
    await make();
    const whole = everything();
    const texts = Object.fromEntries(Object.keys(whole).map((name) => [name, read(name)]));
    const groups = [
      /^(broker|services)\/.*\.crt$/,
      /^(broker|services)\/.*\.key$/,
      /\.(crl|acl|conf|cnf|pl|md|service)$|start-|reload-/,
      /\.db$/,
    ];
    for (const group of groups) {
      const names = Object.keys(whole).filter((name) => group.test(name));
      expect(names.length).toBeGreaterThan(1);
      for (const name of names) rmSync(path(name));
      await make();
      expect(names.filter((name) => !existsSync(path(name)))).toEqual([]);
    }
    for (const [name, text] of Object.entries(texts))
      if (/\.(acl|conf|pl|json)$/.test(name)) expect([name, read(name)]).toEqual([name, text]);
    for (const name of [
      centreFiles.boxesAuthority,
      centreFiles.directorPublic,
      centreFiles.serversAuthority,
      centreFiles.serversKey,
      centreFiles.boxesKey,
    ])
      expect([name, everything()[name]]).toEqual([name, whole[name]]);
    expect(openssl('verify', '-CAfile', centreFiles.serversAuthority, 'broker/server.crt')).toContain('OK');
  });

  it('finishes an authority whose certificate a killed run did not write, with the key that is there', async () => {
    await make();
    const key = read(centreFiles.boxesKey);
    rmSync(path(centreFiles.boxesAuthority));
    rmSync(path(centreFiles.directorPublic));
    await make();
    expect(read(centreFiles.boxesKey)).toBe(key);
    expect(new X509Certificate(read(centreFiles.boxesAuthority)).checkPrivateKey(readKeyFile(path(centreFiles.boxesKey), undefined))).toBe(
      true,
    );
    expect(read('broker/ca-boxes.crt')).toBe(read(centreFiles.boxesAuthority));
    // The list of the former certificate's revoked ones is worth nothing under the new one.
    expect(
      execFileSync('sh', ['-c', 'openssl crl -in broker/boxes.crl -CAfile broker/ca-boxes.crt -noout 2>&1'], {
        cwd: folder,
        encoding: 'utf8',
      }),
    ).toBe('verify OK\n');
  });

  it.each([centreFiles.boxesAuthority, centreFiles.serversAuthority, centreFiles.directorPublic])(
    'makes no other %s once a box is enrolled',
    async (name) => {
      await make();
      const register = openRegisterFile(path('register.db'));
      register.prepare("insert into box (box, agency, created_ms) values ('hx-01', 'x', 0)").run();
      register.close();
      rmSync(path(name));
      await expect(make()).rejects.toMatchObject({ name: 'UserError', message: expect.stringMatching(/missing.*spare copy/) });
      expect(existsSync(path(name))).toBe(false);
    },
  );

  it('takes options that are given, and leaves the settings of those that are not', async () => {
    await make({ name: 'Trung tâm CNTT', bind: '127.0.0.1', port: 18883, state: join(root, 'state') });
    const key = read('broker/server.key');
    const { bridgeId } = openCentreFolder(folder).centre.broker ?? {};
    await makeCentre(folder, { lang: 'en', passphrase: false, port: 28883, host: ['broker.example', '127.0.0.1'] });
    const { centre } = openCentreFolder(folder);
    expect(centre).toMatchObject({
      name: 'Trung tâm CNTT',
      port: 28883,
      host: 'broker.example',
      otherHosts: ['127.0.0.1'],
      serve: { host: 'broker.example' },
    });
    expect(centre.broker).toMatchObject({ bind: '127.0.0.1', stateFolder: join(root, 'state'), bridgeId });
    expect(read('broker/mosquitto.conf')).toContain('\nlistener 28883 127.0.0.1\n');
    expect(new X509Certificate(read('broker/server.crt')).checkHost('broker.example')).toBe('broker.example');
    expect(read('broker/server.key')).toBe(key);
    writeFileSync(path('broker/boxes.acl'), `${read('broker/boxes.acl')}# ours\n`);
    await expect(make()).rejects.toMatchObject({ name: 'UserError', message: expect.stringMatching(/boxes\.acl.*--force/) });
    await make({ force: true });
    expect(read('broker/boxes.acl')).not.toContain('# ours');
  });

  it('keeps out who was revoked', async () => {
    await make();
    const register = openRegisterFile(path('register.db'));
    register.prepare("insert into box (box, agency, created_ms, revoked_ms) values ('hx-01', 'x', 0, 1)").run();
    register.close();
    await make();
    expect(read('broker/boxes.acl')).toMatch(/\nuser hx-01\ntopic deny #\n$/);
  });

  it('renews certificates and lists in their last year, for the same keys, and says when it cannot', async () => {
    await make();
    const before = everything();
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 4.5 * yearMs });
    renameSync(path(centreFiles.serversKey), join(root, 'servers.key'));
    await init(folder, flags());
    expect(output).toMatch(/^ENDS SOON +.*server\.crt \(20\d\d-\d\d-\d\d\)$/m);
    renameSync(join(root, 'servers.key'), path(centreFiles.serversKey));
    const { items } = await make();
    const renewed = items.filter(({ state }) => state === 'renewed').map(({ path: file }) => file.slice(folder.length + 1));
    expect(renewed.toSorted()).toEqual(
      [
        'broker/claims.crt',
        'broker/server.crt',
        ...['director', 'ingest', 'registrar', 'serve', 'watch'].map((name) => `services/${name}.crt`),
      ].toSorted(),
    );
    for (const [name, text] of Object.entries(everything())) if (name.endsWith('.key')) expect([name, text]).toEqual([name, before[name]]);
    vi.setSystemTime(Date.now() + 5 * yearMs);
    const later = (await make()).items.filter(({ state }) => state === 'renewed').map(({ path: file }) => file.slice(folder.length + 1));
    expect(later).toEqual(expect.arrayContaining(['broker/boxes.crl', 'broker/services.crl', 'broker/server.crt']));
  });

  it('puts the private keys on another medium, misses it, and does without it where it can', async () => {
    const medium = join(root, 'medium');
    await expect(make({ keys: medium })).rejects.toMatchObject({ name: 'UserError', message: expect.stringMatching(/mount the medium/) });
    mkdirSync(medium);
    await make({ keys: medium });
    expect(Object.keys(everything(medium)).toSorted()).toEqual(
      [
        centreFiles.boxesKey,
        centreFiles.serversKey,
        centreFiles.directorKey,
        centreFiles.spareKey,
        ...releaseKeys.map((name) => `intel/${name}`),
      ].toSorted(),
    );
    expect(Object.keys(everything()).filter((name) => /^(authority|director)\/.*\.key$|(root-\d|targets)\.key$/.test(name))).toEqual([]);
    renameSync(medium, `${medium}.away`);
    const { items } = await make();
    expect(items.filter(({ state }) => state === 'away').map(({ path: file }) => file)).toHaveLength(4 + releaseKeys.length);
    rmSync(path('services/ingest.crt'));
    await expect(make()).rejects.toMatchObject({ name: 'UserError', message: expect.stringMatching(/bring the medium/) });
    // What is in its place while the medium is away must not become the keys.
    expect(existsSync(medium)).toBe(false);
    renameSync(`${medium}.away`, medium);
    await make();
    expect(existsSync(path('services/ingest.crt'))).toBe(true);
  });

  it.each<[string, Partial<InitFlags>, RegExp]>([
    ['two ports that are the same', { port: 9000, claimPort: 9000 }, /a port each/],
    ['a host that is none', { host: ['a b'] }, /host/],
    ['a user that is none', { user: 'root; rm' }, /user name/],
    ['an address that is none', { bind: '0.0.0.0\nallow_anonymous true' }, /host name/],
  ])('refuses %s before it makes a key', async (_what, more, message) => {
    await expect(make(more)).rejects.toMatchObject({ name: 'UserError', message: expect.stringMatching(message) });
    expect(existsSync(path('authority'))).toBe(false);
  });

  it('takes no folder that is something else', async () => {
    mkdirSync(folder);
    writeFileSync(path('thesis.odt'), 'x');
    await expect(make()).rejects.toMatchObject({ name: 'UserError', message: expect.stringMatching(/not empty \(thesis\.odt\)/) });
    await expect(makeCentre(join(path('thesis.odt'), 'centre'), flags())).rejects.toMatchObject({ name: 'UserError' });
    await expect(makeCentre(join(root, 'with blank'), flags())).rejects.toMatchObject({ name: 'UserError' });
    expect(readdirSync(folder)).toEqual(['thesis.odt']);
  });

  it('takes a whole folder that was copied elsewhere for what it is', async () => {
    await make();
    cpSync(folder, join(root, 'copy'), { recursive: true });
    await makeCentre(join(root, 'copy'), flags());
    expect(readFileSync(join(root, 'copy', 'broker', 'mosquitto.conf'), 'utf8')).toContain(`acl_file ${root}/copy/broker/boxes.acl`);
    expect(openCentreFolder(join(root, 'copy')).centre.reloadBroker).toEqual(['broker/reload-broker']);
    expect(readFileSync(join(root, 'copy', centreFiles.boxesKey), 'utf8')).toBe(read(centreFiles.boxesKey));
  });
});
