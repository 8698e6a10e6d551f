/** Certificates by the openssl program, in a folder. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-noenc'];

export class Certificates {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  at(name: string): string {
    return join(this.folder, name);
  }

  /** `NAME.pem` and `NAME.key`: an authority of its own. */
  authority(name: string): void {
    this.openssl('req', '-x509', ...newKey, '-subj', `/CN=${name}`, '-days', '2', '-keyout', `${name}.key`, '-out', `${name}.pem`);
  }

  /** `NAME.pem` and `NAME.key`, signed by an authority. With `days` below 0 it has expired already. */
  sign(name: string, subject: string, extension: string, { authority = 'ca', days = 2 } = {}): void {
    this.openssl('req', ...newKey, '-subj', subject, '-keyout', `${name}.key`, '-out', `${name}.csr`);
    writeFileSync(this.at(`${name}.ext`), `${extension}\n`);
    const signer = ['-CA', `${authority}.pem`, '-CAkey', `${authority}.key`, '-extfile', `${name}.ext`];
    this.openssl('x509', '-req', '-in', `${name}.csr`, ...signer, '-days', String(days), '-out', `${name}.pem`);
  }

  openssl(...words: string[]): void {
    execFileSync('openssl', words, { stdio: 'pipe', cwd: this.folder });
  }
}
