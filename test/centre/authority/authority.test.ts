import { execFileSync } from 'node:child_process';
import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Authority, newAuthority, newKeyPair } from '../../../centre/authority/authority.ts';
import { parseCsr } from '../../../centre/authority/certificate-request.ts';
import { readRevocationList } from '../../../centre/authority/revocation-list.ts';
import { csrFor } from '../running-centre.ts';

const dayMs = 86_400_000;

describe('an authority of the centre', () => {
  let folder: string;
  let authority: Authority;
  let foreign: Authority;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'vonggac-au-'));
    const [own, other] = await Promise.all([newAuthority({ commonName: 'Hộp của tỉnh' }), newAuthority({ commonName: 'Hộp của tỉnh' })]);
    authority = Authority.open(own.certificatePem, own.key);
    foreign = Authority.open(other.certificatePem, other.key);
    put('ca.crt', authority.certificatePem);
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  function put(name: string, text: string): string {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  }

  /** What it prints, on either stream; a refusal too. */
  function openssl(...words: string[]): string {
    try {
      return execFileSync('openssl', words, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
    } catch (error) {
      return error instanceof Error && 'stdout' in error && 'stderr' in error ? `${error.stdout}${error.stderr}` : String(error);
    }
  }

  /** A request made by another program than ours. */
  function opensslRequest(subject: string, newKey: readonly string[], ...more: string[]): string {
    const files = ['-keyout', 'r.key', '-out', 'r.csr'];
    execFileSync('openssl', ['req', '-new', '-nodes', '-newkey', ...newKey, '-subj', subject, ...files, ...more], {
      cwd: folder,
      stdio: 'ignore',
    });
    return readFileSync(join(folder, 'r.csr'), 'utf8');
  }

  const p256 = ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256'];

  it('issues what OpenSSL accepts, for the purpose that it is for and no other', async () => {
    const { publicKey } = newKeyPair();
    const [box, service, server] = await Promise.all([
      authority.issueBox({ box: 'hx-07', csrPem: await csrFor('hx-07') }),
      authority.issueService({ name: 'centre.ingest', publicKey }),
      authority.issueServer({ names: ['broker.example', '192.0.2.7', '2001:db8::7', 'broker.example'], publicKey }),
    ]);
    for (const [pem, good, bad] of [
      [box.pem, 'sslclient', 'sslserver'],
      [service.pem, 'sslclient', 'sslserver'],
      [server.pem, 'sslserver', 'sslclient'],
    ] as const) {
      put('leaf.crt', pem);
      expect(openssl('verify', '-x509_strict', '-CAfile', 'ca.crt', '-purpose', good, 'leaf.crt')).toBe('leaf.crt: OK\n');
      expect(openssl('verify', '-CAfile', 'ca.crt', '-purpose', bad, 'leaf.crt')).toMatch(/unsuitable certificate purpose/);
      put('foreign.crt', foreign.certificatePem);
      expect(openssl('verify', '-CAfile', 'foreign.crt', 'leaf.crt')).not.toContain('OK');
    }
    const certificate = new X509Certificate(server.pem);
    for (const name of ['broker.example', 'other.example'])
      expect(certificate.checkHost(name)).toBe(name === 'broker.example' ? name : undefined);
    for (const address of ['192.0.2.7', '2001:db8::7']) expect(certificate.checkIP(address)).toBe(address);
  });

  it('signs nothing that may sign others', async () => {
    const { privateKey } = newKeyPair();
    const box = await authority.issueBox({ box: 'hx-07', csrPem: await csrFor('hx-07') });
    expect(new X509Certificate(box.pem).ca).toBe(false);
    expect(() => Authority.open(box.pem, privateKey)).toThrow(/do not belong together/);
    expect(openssl('x509', '-in', 'ca.crt', '-noout', '-ext', 'basicConstraints,keyUsage')).toMatch(
      /critical\s+CA:TRUE, pathlen:0[\s\S]*critical\s+Certificate Sign, CRL Sign\n/,
    );
  });

  it('opens with its own key only', async () => {
    const other = await newAuthority({ commonName: 'Hộp của tỉnh' });
    expect(() => Authority.open(authority.certificatePem, other.key)).toThrow(expect.objectContaining({ name: 'UserError' }));
    expect(() => Authority.open('noise', other.key)).toThrow(expect.objectContaining({ name: 'UserError' }));
  });

  it('says of a box certificate what stands in it, valid since yesterday, for 400 days or as long as asked', async () => {
    const keys = newKeyPair();
    const [issued, short] = await Promise.all([
      authority.issueBox({ box: 'hx-07', csrPem: await csrFor('hx-07', keys) }),
      authority.issueBox({ box: 'hx-07', csrPem: await csrFor('hx-07'), notAfterMs: Date.now() + dayMs }),
    ]);
    const certificate = new X509Certificate(issued.pem);
    expect(certificate.subject).toBe('CN=hx-07');
    expect(certificate.serialNumber.toLowerCase()).toBe(issued.serial);
    expect(issued.serial).toMatch(/^[4-7][0-9a-f]{31}$/);
    expect(short.serial).not.toBe(issued.serial);
    expect([Date.parse(certificate.validFrom), Date.parse(certificate.validTo)]).toEqual([issued.notBeforeMs, issued.notAfterMs]);
    expect((Date.now() - issued.notBeforeMs) / dayMs).toBeCloseTo(1, 2);
    expect((issued.notAfterMs - Date.now()) / dayMs).toBeCloseTo(400, 2);
    expect((short.notAfterMs - Date.now()) / dayMs).toBeCloseTo(1, 2);
    expect(issued.publicKeyPem).toBe(keys.publicKey.export({ type: 'spki', format: 'pem' }));
    expect(certificate.publicKey.equals(keys.publicKey)).toBe(true);
  });

  it('issues nothing that outlives itself', async () => {
    const issued = await authority.issueBox({ box: 'hx-07', csrPem: await csrFor('hx-07'), notAfterMs: Date.now() + 36_500 * dayMs });
    expect(issued.notAfterMs).toBe(Date.parse(new X509Certificate(authority.certificatePem).validTo));
  });

  it('takes requests of other programs, with P-256 and Ed25519 keys', async () => {
    for (const newKey of [p256, ['ed25519']]) {
      const { pem } = await authority.issueBox({ box: 'hx-07', csrPem: opensslRequest('/CN=hx-07', newKey) });
      put('leaf.crt', pem);
      expect(openssl('verify', '-x509_strict', '-CAfile', 'ca.crt', 'leaf.crt')).toBe('leaf.crt: OK\n');
      expect(openssl('x509', '-in', 'leaf.crt', '-noout', '-pubkey')).toBe(openssl('pkey', '-in', 'r.key', '-pubout'));
    }
  });

  it('grants nothing that a request asks for beside its name and key', async () => {
    const wishes = [
      'basicConstraints=critical,CA:TRUE',
      'keyUsage=keyCertSign',
      'extendedKeyUsage=serverAuth',
      'subjectAltName=DNS:broker.example',
    ];
    const csrPem = opensslRequest('/O=Other office/CN=hx-07', p256, ...wishes.flatMap((wish) => ['-addext', wish]));
    const certificate = new X509Certificate((await authority.issueBox({ box: 'hx-07', csrPem })).pem);
    expect([certificate.ca, certificate.subject, certificate.subjectAltName]).toEqual([false, 'CN=hx-07', undefined]);
    expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2']);
  });

  it.each<[string, () => Promise<string> | string]>([
    ['another box', () => csrFor('hx-08')],
    ['the same box in capitals', () => csrFor('HX-07')],
    ['two names', () => opensslRequest('/CN=hx-07/CN=hx-08', p256)],
    ['no name', () => opensslRequest('/O=hx-07', p256)],
    ['an RSA key', () => opensslRequest('/CN=hx-07', ['rsa:2048'])],
    ['a P-384 key', () => opensslRequest('/CN=hx-07', ['ec', '-pkeyopt', 'ec_paramgen_curve:P-384'])],
    ['noise', () => 'noise'],
    ['nothing', () => ''],
    ['a certificate', () => authority.certificatePem],
    ['two requests', async () => `${await csrFor('hx-07')}\n${await csrFor('hx-07')}`],
    ['an empty request', () => '-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----'],
    ['too much', async () => `${' '.repeat(20_000)}${await csrFor('hx-07')}`],
  ])('refuses a request for %s', async (_what, request) => {
    await expect(authority.issueBox({ box: 'hx-07', csrPem: await request() })).rejects.toMatchObject({ name: 'CsrError' });
  });

  it('refuses names that no box may have, also where the request has them', async () => {
    for (const box of ['centre.ingest', 'a', '#', 'hx-07/x', 'hx 07'])
      await expect(authority.issueBox({ box, csrPem: await csrFor(box) })).rejects.toMatchObject({ name: 'CsrError' });
  });

  it('takes nothing from a request but what its key has signed, whatever byte is changed, and nothing where it was cut', async () => {
    const pem = await csrFor('hx-07');
    const der = Buffer.from(pem.replaceAll(/-----.*-----|\s/g, ''), 'base64');
    const requestOf = (bytes: Uint8Array) =>
      `-----BEGIN CERTIFICATE REQUEST-----\n${Buffer.from(bytes).toString('base64')}\n-----END CERTIFICATE REQUEST-----\n`;
    const signed = await parseCsr(requestOf(der));
    let refused = 0;
    for (let index = 0; index < der.length; index++) {
      const changed = Buffer.from(der);
      changed[index] = (changed[index] ?? 0) ^ (1 << (index % 8));
      // The outermost lengths and tags stand outside of what is signed, and the library is generous with them.
      const outcome = await parseCsr(requestOf(changed)).catch((error: unknown) => error);
      if (outcome instanceof Error) refused++;
      expect([index, outcome]).toEqual([index, outcome instanceof Error ? expect.objectContaining({ name: 'CsrError' }) : signed]);
      expect(await parseCsr(requestOf(der.subarray(0, index))).catch((error: unknown) => error)).toMatchObject({ name: 'CsrError' });
    }
    expect(refused).toBeGreaterThan(der.length * 0.9);
  });

  it('writes lists that OpenSSL takes: who stands in one is out, all others are in', async () => {
    const [gone, kept] = await Promise.all(['hx-01', 'hx-02'].map(async (box) => authority.issueBox({ box, csrPem: await csrFor(box) })));
    const revokedMs = Date.now();
    const entry = { serial: gone?.serial ?? '', revokedMs };
    put('ca.crl', await authority.revocationList([entry, { ...entry, reason: 'superseded' }], 2));
    for (const [name, issued] of Object.entries({ gone, kept })) put(`${name}.crt`, issued?.pem ?? '');
    // The verdict goes to standard error.
    expect(execFileSync('sh', ['-c', 'openssl crl -in ca.crl -CAfile ca.crt -noout 2>&1'], { cwd: folder, encoding: 'utf8' })).toBe(
      'verify OK\n',
    );
    const check = (name: string) => openssl('verify', '-x509_strict', '-crl_check', '-CRLfile', 'ca.crl', '-CAfile', 'ca.crt', name);
    expect(check('kept.crt')).toBe('kept.crt: OK\n');
    expect(check('gone.crt')).toMatch(/certificate revoked/);
    const text = openssl('crl', '-in', 'ca.crl', '-noout', '-text');
    expect(text).toMatch(/Next Update: .* 2\d{3} GMT/);
    expect(text).toMatch(/CRL Number: \n\s+2\n/);
    expect(text.match(/Serial Number/g)).toHaveLength(1);
  });

  it('writes empty lists, and long ones with high numbers', async () => {
    put('ca.crl', await authority.revocationList([], 0));
    expect(openssl('crl', '-in', 'ca.crl', '-noout', '-text')).toContain('No Revoked Certificates');
    const many = Array.from({ length: 500 }, (_, index) => ({ serial: `4${index.toString(16).padStart(31, '0')}`, revokedMs: Date.now() }));
    const startMs = performance.now();
    const pem = await authority.revocationList(many, Date.now());
    expect(performance.now() - startMs).toBeLessThan(2_000);
    put('ca.crl', pem);
    expect(openssl('crl', '-in', 'ca.crl', '-noout', '-text').match(/Serial Number/g)).toHaveLength(500);
    const read = await readRevocationList(pem, authority.certificatePem);
    expect(read?.revoked.map(({ serial }) => serial)).toEqual(many.map(({ serial }) => serial));
    expect(((read?.nextUpdateMs ?? 0) - Date.now()) / dayMs).toBeGreaterThan(3_650);
  });

  it('reads no list of another authority, nor a damaged one', async () => {
    const pem = await authority.revocationList([{ serial: '4a', revokedMs: 0 }], 1);
    expect(await readRevocationList(pem, foreign.certificatePem)).toBeUndefined();
    expect(await readRevocationList(pem.slice(0, 200), authority.certificatePem)).toBeUndefined();
    expect(await readRevocationList('noise', authority.certificatePem)).toBeUndefined();
    const other = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
    expect(() => Authority.open(pem, other.privateKey)).toThrow(expect.objectContaining({ name: 'UserError' }));
  });
});
