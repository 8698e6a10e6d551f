/**
 * Certificate authorities for tests, made with the openssl command line: boxes, services and the broker's own, as the centre has them, and
 * any number more to attack with. Keys are P-256. Not how the centre enrols: nothing here is kept safe.
 */
import { execFile } from 'node:child_process';
import { copyFile, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface Certificate {
  readonly certFile: string;
  readonly keyFile: string;
}

export interface CertificateOptions {
  /** `expired` ended in the year 2020, `future` begins in 2090. */
  validity?: 'valid' | 'expired' | 'future';
  usage?: 'client' | 'server';
  /** The whole subject, where it shall be another than the common name alone: `/O=Office/CN=name`. */
  subject?: string;
}

const validities = {
  valid: ['20200101000000Z', '20891231235959Z'],
  expired: ['20200101000000Z', '20200201000000Z'],
  future: ['20900101000000Z', '20991231235959Z'],
} as const;

const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];

/** Names are unique, as one would have it; a test may well want two certificates of one name. */
const configuration = `[ca]
default_ca = authority
[authority]
database = index.txt
new_certs_dir = .
rand_serial = yes
certificate = ca.crt
private_key = ca.key
default_md = sha256
default_crl_days = 3650
unique_subject = no
policy = any
[any]
commonName = optional
organizationName = optional
[client]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = clientAuth
[server]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = serverAuth
subjectAltName = DNS:localhost,IP:127.0.0.1
`;

export class Authority {
  readonly folder: string;
  readonly caFile: string;
  /** What it has revoked; written anew by `revoke`. */
  readonly crlFile: string;
  #issued = 0;
  /** One at a time: openssl keeps its list of certificates in a file. */
  #queue: Promise<unknown> = Promise.resolve();

  private constructor(folder: string) {
    this.folder = folder;
    this.caFile = join(folder, 'ca.crt');
    this.crlFile = join(folder, 'ca.crl');
  }

  /** In a folder of its own, which is made. */
  static async create(folder: string, name: string): Promise<Authority> {
    await mkdir(folder, { recursive: true });
    const authority = new Authority(folder);
    await writeFile(join(folder, 'openssl.cnf'), configuration);
    await writeFile(join(folder, 'index.txt'), '');
    const extensions = ['basicConstraints=critical,CA:TRUE,pathlen:0', 'keyUsage=critical,keyCertSign,cRLSign'];
    const addext = extensions.flatMap((extension) => ['-addext', extension]);
    const out = ['-keyout', 'ca.key', '-out', 'ca.crt'];
    await authority.#openssl('req', '-x509', ...newKey, '-subj', `/CN=${name}`, '-days', '3650', ...addext, ...out);
    await authority.#writeCrl();
    return authority;
  }

  /** A new key and a certificate for it. */
  issue(commonName: string, options: CertificateOptions = {}): Promise<Certificate> {
    const { validity = 'valid', usage = 'client', subject = `/CN=${commonName.replaceAll(/[\\+/]/g, '\\$&')}` } = options;
    const name = `${this.#issued++}`;
    const [startdate, enddate] = validities[validity];
    const certificate = { certFile: join(this.folder, `${name}.crt`), keyFile: join(this.folder, `${name}.key`) };
    return this.#inTurn(async () => {
      await this.#openssl('req', '-new', ...newKey, '-subj', subject, '-keyout', `${name}.key`, '-out', `${name}.csr`);
      const dates = ['-startdate', startdate, '-enddate', enddate];
      const files = ['-in', `${name}.csr`, '-out', `${name}.crt`];
      await this.#openssl('ca', '-config', 'openssl.cnf', '-batch', '-notext', '-extensions', usage, ...dates, ...files);
      return certificate;
    });
  }

  /** From now on it stands in `crlFile`. */
  revoke({ certFile }: Certificate): Promise<void> {
    return this.#inTurn(async () => {
      await this.#openssl('ca', '-config', 'openssl.cnf', '-revoke', certFile);
      await this.#writeCrl();
    });
  }

  /** Writes the list of revoked certificates so that it has ended already. */
  expireCrl(): Promise<void> {
    return this.#inTurn(() => this.#writeCrl('-crl_lastupdate', '20200101000000Z', '-crl_nextupdate', '20200201000000Z'));
  }

  async #writeCrl(...dates: string[]): Promise<void> {
    await this.#openssl('ca', '-config', 'openssl.cnf', '-gencrl', ...dates, '-out', 'ca.crl.new');
    await rename(join(this.folder, 'ca.crl.new'), this.crlFile);
  }

  #inTurn<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(task);
    this.#queue = result.catch(() => undefined);
    return result;
  }

  async #openssl(...words: string[]): Promise<void> {
    await run('openssl', words, { cwd: this.folder });
  }
}

export interface CentrePki {
  readonly boxes: Authority;
  readonly services: Authority;
  /** Signs what the broker shows to its clients: the one that boxes pin. */
  readonly servers: Authority;
  readonly server: Certificate;
}

/** The three authorities of a centre and the certificate of its broker, for 127.0.0.1 and localhost. */
export async function createCentrePki(folder: string): Promise<CentrePki> {
  const create = (name: string) => Authority.create(join(folder, name), `Test CA ${name}`);
  const [boxes, services, servers] = await Promise.all([create('boxes'), create('services'), create('servers')]);
  return { boxes, services, servers, server: await servers.issue('localhost', { usage: 'server' }) };
}

/** Puts the files where the broker's configuration looks for them. */
export async function installPki({ boxes, services, server }: CentrePki, folder: string): Promise<void> {
  const files = {
    'ca-boxes.crt': boxes.caFile,
    'ca-services.crt': services.caFile,
    'server.crt': server.certFile,
    'server.key': server.keyFile,
  };
  await Promise.all(Object.entries(files).map(([name, source]) => copyFile(source, join(folder, name))));
  await installCrls({ boxes, services }, folder);
}

/** As an engineer would: whole or not at all, for the broker may read at any time. */
export async function installCrls({ boxes, services }: Pick<CentrePki, 'boxes' | 'services'>, folder: string): Promise<void> {
  for (const [name, authority] of Object.entries({ 'boxes.crl': boxes, 'services.crl': services })) {
    await writeFile(join(folder, `${name}.new`), await readFile(authority.crlFile));
    await rename(join(folder, `${name}.new`), join(folder, name));
  }
}
