/**
 * The files of the configuration -> what TLS and MQTT need of them, checked one by one, so that a wrong file is named. Read anew for each
 * connection: a renewed certificate is taken up without a restart.
 */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { codeOf, FileFault, messageOf } from './link-fault.ts';
import type { UplinkOptions } from './options.ts';

export interface Credentials {
  ca?: Buffer;
  cert?: Buffer;
  key?: Buffer;
  /** What is wrong with the client certificate, though the connection may be tried. */
  warning?: string;
}

/** Rejects with a `FileFault`. */
export async function readCredentials({ caFile, certFile, keyFile }: UplinkOptions, nowMs = Date.now()): Promise<Credentials> {
  const credentials: Credentials = {};
  if (caFile !== undefined) {
    credentials.ca = await readBytes(caFile);
    certificateOf(credentials.ca, caFile);
  }
  if (certFile === undefined && keyFile === undefined) return credentials;
  if (certFile === undefined) throw new FileFault(keyFile ?? '', 'keyFile is set and certFile is not; a client certificate needs both');
  if (keyFile === undefined) throw new FileFault(certFile, 'certFile is set and keyFile is not; a client certificate needs both');
  credentials.cert = await readBytes(certFile);
  credentials.key = await readBytes(keyFile);
  const certificate = certificateOf(credentials.cert, certFile);
  const key = keyOf(credentials.key, keyFile);
  if (!certificate.checkPrivateKey(key)) throw new FileFault(keyFile, `${keyFile} is not the key of the certificate in ${certFile}`);
  const warning = validityWarning(certificate, certFile, nowMs);
  return warning === undefined ? credentials : { ...credentials, warning };
}

/** The first line of a file. Rejects with a `FileFault`. */
export async function readPassword(file: string): Promise<string> {
  return (await readBytes(file)).toString('utf8').split(/\r?\n/, 1)[0] ?? '';
}

async function readBytes(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    const why = codeOf(error) === 'ENOENT' ? 'does not exist' : 'cannot be read';
    throw new FileFault(file, `the file ${file} ${why}; put it there, readable for the agent (${codeOf(error) || messageOf(error)})`);
  }
}

function certificateOf(pem: Buffer, file: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch {
    // Without this check an empty file of an authority would count as "trust whatever the machine trusts".
    throw new FileFault(file, `${file} holds no certificate in PEM form (-----BEGIN CERTIFICATE-----)`);
  }
}

function keyOf(pem: Buffer, file: string) {
  try {
    return createPrivateKey(pem);
  } catch (error) {
    const isLocked = /ENCRYPTED/.test(pem.toString('latin1')) || codeOf(error) === 'ERR_MISSING_PASSPHRASE';
    throw new FileFault(
      file,
      isLocked
        ? `the key in ${file} is locked by a passphrase, and nobody can type it at a box; store it without one`
        : `${file} holds no private key in PEM form (-----BEGIN PRIVATE KEY-----)`,
    );
  }
}

function validityWarning({ validFromDate, validToDate }: X509Certificate, file: string, nowMs: number): string | undefined {
  if (validToDate.getTime() < nowMs)
    return `the box’s certificate in ${file} expired on ${validToDate.toISOString()}; have the centre issue a new one`;
  if (validFromDate.getTime() > nowMs) {
    const clock = new Date(nowMs).toISOString();
    return `the box’s certificate in ${file} is valid from ${validFromDate.toISOString()} on, and the box’s clock says ${clock}; set the clock`;
  }
  return undefined;
}
