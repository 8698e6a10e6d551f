import { readFileSync, writeFileSync } from 'node:fs';
import { createServer as createTlsServer, type TLSSocket, type TlsOptions } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { uplinkOptionsSchema } from '../../../../firmware/agent/uplink/options.ts';
import { openStream } from '../../../../firmware/agent/uplink/stream.ts';
import { afterTest, box, brokerOf, centreOf, connected, folderOf, portOf, serverOf, uplinkOf } from './bench.ts';
import { Certificates } from './certificates.ts';
import { until } from './listener.ts';
import { TestOutbox } from './test-outbox.ts';

const never = new AbortController().signal;

/** An authority, a broker's certificate for two names of this machine, and a box's. */
function certificates(): Certificates {
  const made = new Certificates(folderOf());
  made.authority('ca');
  made.sign('broker', '/CN=broker', 'subjectAltName=IP:127.0.0.1,DNS:broker.example');
  made.sign('box', `/CN=${box}`, 'extendedKeyUsage=clientAuth');
  return made;
}

/** A real broker that wants a certificate from everybody. */
async function tlsBrokerOf(at: (name: string) => string, certificate = 'broker') {
  const files = [`cafile ${at('ca.pem')}`, `certfile ${at(`${certificate}.pem`)}`, `keyfile ${at(`${certificate}.key`)}`];
  const broker = await brokerOf({
    configuration: [...files, 'require_certificate true', 'use_identity_as_username true', 'tls_version tlsv1.3'],
  });
  return { ...broker, url: broker.url.replace('mqtt:', 'mqtts:') };
}

async function tlsServerOf(options: TlsOptions, talk: (socket: TLSSocket) => void = () => {}): Promise<number> {
  const server = createTlsServer(options, talk);
  server.on('tlsClientError', () => undefined);
  const sockets = new Set<{ destroy(): void }>();
  server.on('connection', (socket) => sockets.add(socket));
  afterTest(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return await portOf(server);
}

async function errorOf(options: object): Promise<string> {
  const uplink = uplinkOf({ connectTimeoutMs: 2_000, ...options });
  await until(() => uplink.state.lastError !== undefined, 'an error');
  expect(uplink.state.connections).toBe(0);
  await uplink.stop();
  return uplink.state.lastError ?? '';
}

describe('an uplink with TLS and a client certificate', { timeout: 20_000 }, () => {
  it('is known by its name, and trusts only the authority that it was given', async () => {
    const made = certificates();
    made.authority('other');
    const at = made.at.bind(made);
    const { url } = await tlsBrokerOf(at);
    const own = { certFile: at('box.pem'), keyFile: at('box.key') };
    await connected(uplinkOf({ url, caFile: at('ca.pem'), ...own }));
    expect(await errorOf({ url, caFile: at('other.pem'), ...own })).toMatch(
      /^the certificate of 127\.0\.0\.1:\d+ is not from the authority in .*other\.pem; either the file is out of date or this is not the centre’s broker \([A-Z_]+\)$/,
    );
    expect(await errorOf({ url, ...own })).toMatch(/is not from an authority that this machine trusts; set caFile/);
    expect(await errorOf({ url, caFile: at('ca.pem') })).toMatch(/wants a client certificate; set certFile and keyFile|cut the connection/);
  });

  it('does not talk to a broker of another name, and checks serverName where the URL holds an address', async () => {
    const made = certificates();
    made.sign('elsewhere', '/CN=127.0.0.1', 'subjectAltName=DNS:elsewhere.example');
    const at = made.at.bind(made);
    const own = { caFile: at('ca.pem'), certFile: at('box.pem'), keyFile: at('box.key') };
    const { url } = await tlsBrokerOf(at, 'elsewhere');
    expect(await errorOf({ url, ...own })).toMatch(
      /^the certificate of 127\.0\.0\.1:\d+ is for DNS:elsewhere\.example, not for 127\.0\.0\.1; set serverName/,
    );
    expect(await errorOf({ url, ...own, serverName: 'broker.example' })).toMatch(/is for DNS:elsewhere\.example, not for broker\.example/);
    await connected(uplinkOf({ url, ...own, serverName: 'elsewhere.example' }));
  });

  it('says that its certificate has expired, or that another authority or nobody vouches for it', async () => {
    const made = certificates();
    made.authority('other');
    made.sign('expired', `/CN=${box}`, 'extendedKeyUsage=clientAuth', { days: -1 });
    made.sign('foreign', `/CN=${box}`, 'extendedKeyUsage=clientAuth', { authority: 'other' });
    const at = made.at.bind(made);
    const { url } = await tlsBrokerOf(at);
    const as = (name: string) => ({ url, caFile: at('ca.pem'), certFile: at(`${name}.pem`), keyFile: at(`${name}.key`) });
    expect(await errorOf(as('expired'))).toMatch(
      /the box’s certificate in .*expired\.pem expired on \d{4}-.*; have the centre issue a new one$/,
    );
    expect(await errorOf(as('foreign'))).toMatch(/does not know the authority of the box’s certificate; enrol the box|cut the connection/);
  });

  it('names a file that is missing, is something else, or does not fit', async () => {
    const made = certificates();
    const at = made.at.bind(made);
    writeFileSync(at('noise'), 'hello\n');
    writeFileSync(at('empty'), '');
    made.openssl('pkcs8', '-topk8', '-in', 'box.key', '-out', 'locked.key', '-passout', 'pass:secret');
    const errors = async (files: object) => await errorOf({ url: 'mqtts://127.0.0.1:1', ...files });
    const own = { certFile: at('box.pem'), keyFile: at('box.key') };
    expect(await errors({ caFile: at('missing.pem') })).toMatch(/^the file .*missing\.pem does not exist; put it there.*\(ENOENT\)$/);
    expect(await errors({ caFile: made.folder })).toMatch(/cannot be read.*\(EISDIR\)$/);
    expect(await errors({ caFile: at('empty') })).toMatch(/empty holds no certificate in PEM form/);
    expect(await errors({ ...own, certFile: at('noise') })).toMatch(/noise holds no certificate in PEM form/);
    expect(await errors({ ...own, keyFile: at('noise') })).toMatch(/noise holds no private key in PEM form/);
    expect(await errors({ ...own, keyFile: at('locked.key') })).toMatch(/locked\.key is locked by a passphrase/);
    expect(await errors({ ...own, keyFile: at('ca.key') })).toMatch(/ca\.key is not the key of the certificate in .*box\.pem$/);
    expect(await errors({ certFile: at('box.pem') })).toMatch(/keyFile is not; a client certificate needs both/);
    expect(await errors({ keyFile: at('box.key') })).toMatch(/certFile is not; a client certificate needs both/);
    expect(await errors({ passwordFile: at('absent') })).toMatch(/absent does not exist/);
  });

  it('takes up a renewed certificate without a restart', async () => {
    const made = certificates();
    const at = made.at.bind(made);
    made.sign('own', `/CN=${box}`, 'extendedKeyUsage=clientAuth', { days: -1 });
    const { url } = await tlsBrokerOf(at);
    const uplink = uplinkOf({ url, caFile: at('ca.pem'), certFile: at('own.pem'), keyFile: at('own.key') });
    await until(() => uplink.state.lastError !== undefined, 'the refusal');
    made.sign('own', `/CN=${box}`, 'extendedKeyUsage=clientAuth');
    await connected(uplink);
  });
});

describe('an uplink and a server that is not what it should be', { timeout: 20_000 }, () => {
  it('refuses less than TLS 1.3', async () => {
    const made = certificates();
    const pair = { cert: readFileSync(made.at('broker.pem')), key: readFileSync(made.at('broker.key')) };
    const port = await tlsServerOf({ ...pair, maxVersion: 'TLSv1.2' });
    expect(await errorOf({ url: `mqtts://127.0.0.1:${port}`, caFile: made.at('ca.pem') })).toMatch(
      /^127\.0\.0\.1:\d+ does not speak TLS 1\.3; enable it at the broker \(ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION\)$/,
    );
  });

  it('says so where the broker’s certificate has expired, with the time of its own clock', async () => {
    const made = certificates();
    made.sign('old', '/CN=broker', 'subjectAltName=IP:127.0.0.1', { days: -1 });
    const port = await tlsServerOf({ cert: readFileSync(made.at('old.pem')), key: readFileSync(made.at('old.key')) });
    expect(await errorOf({ url: `mqtts://127.0.0.1:${port}`, caFile: made.at('ca.pem') })).toMatch(
      /has expired by this box’s clock, which says \d{4}-\d\d-\d\dT.*; correct whichever is wrong \(CERT_HAS_EXPIRED\)$/,
    );
  });

  it('says so where there is no TLS, no answer to it, or nobody', async () => {
    const loud = await serverOf((socket) => socket.write('SSH-2.0-other\r\n'));
    expect(await errorOf({ url: `mqtts://127.0.0.1:${loud}` })).toMatch(
      /does not answer with TLS; is the port right\? \(ERR_SSL_WRONG_VERSION_NUMBER\)/,
    );
    const mute = await serverOf(() => {});
    expect(await errorOf({ url: `mqtts://127.0.0.1:${mute}`, connectTimeoutMs: 200 })).toMatch(
      /took the connection and does not answer with TLS/,
    );
    const brusque = await serverOf((socket) => socket.destroy());
    expect(await errorOf({ url: `mqtts://127.0.0.1:${brusque}` })).toMatch(
      /cut the connection; does a firewall or the broker refuse the box\?/,
    );
    expect(await errorOf({ url: 'mqtts://127.0.0.1:1' })).toMatch(/nothing takes connections at 127\.0\.0\.1:1.*\(ECONNREFUSED\)/);
    // RFC 1035 §2.3.4: a label has at most 63 octets, so nobody is asked for this name.
    expect(await errorOf({ url: `mqtts://${'x'.repeat(64)}.invalid` })).toMatch(
      /of the broker has no address; check it, and the box’s DNS server/,
    );
  });

  it('leaves nothing open when it is stopped in the middle', async () => {
    let closed = 0;
    const port = await serverOf((socket) => socket.once('close', () => closed++).resume());
    const stopping = new AbortController();
    const options = uplinkOptionsSchema.parse({ url: `mqtts://127.0.0.1:${port}` });
    const opening = openStream(options, stopping.signal);
    setTimeout(() => stopping.abort(), 50);
    await expect(opening).rejects.toThrow('stopped before the connection was there');
    await until(() => closed === 1, 'the end at the other side');
    await expect(openStream(options, AbortSignal.abort())).rejects.toThrow('stopped');
  });
});

describe('the protocol names of ALPN', { timeout: 20_000 }, () => {
  it('arrive at the server together with the server name, and one that it does not know is named as the cause', async () => {
    const made = certificates();
    const pair = { cert: readFileSync(made.at('broker.pem')), key: readFileSync(made.at('broker.key')) };
    const offered: string[][] = [];
    const port = await tlsServerOf({
      ...pair,
      ALPNCallback: ({ protocols, servername }) => {
        offered.push([servername, ...protocols]);
        return protocols.find((name) => name === 'mqtt');
      },
    });
    const options = { url: `mqtts://127.0.0.1:${port}`, caFile: made.at('ca.pem'), serverName: 'broker.example' };
    const { stream } = await openStream(uplinkOptionsSchema.parse({ ...options, alpn: ['x-vonggac', 'mqtt'] }), never);
    expect(offered).toEqual([['broker.example', 'x-vonggac', 'mqtt']]);
    expect((stream as TLSSocket).alpnProtocol).toBe('mqtt');
    expect((stream as TLSSocket).getProtocol()).toBe('TLSv1.3');
    stream.destroy();
    expect(await errorOf({ ...options, alpn: ['h2'] })).toMatch(/knows none of the protocol names in alpn/);
  });
});

describe('messages over TLS', { timeout: 20_000 }, () => {
  it('arrive and are acknowledged', async () => {
    const made = certificates();
    const at = made.at.bind(made);
    const { url } = await tlsBrokerOf(at);
    made.sign('centre', '/CN=centre', 'extendedKeyUsage=clientAuth');
    const read = (name: string) => readFileSync(at(name));
    const centre = await centreOf(url, { ca: read('ca.pem'), cert: read('centre.pem'), key: read('centre.key') });
    const outbox = new TestOutbox();
    for (let index = 0; index < 500; index++) outbox.append('alert');
    const uplink = uplinkOf({ url, caFile: at('ca.pem'), certFile: at('box.pem'), keyFile: at('box.key') }, outbox);
    expect(await uplink.drained(8_000)).toBe(true);
    expect(centre.times).toBe(500);
  });
});
