/**
 * Fetches what the operator named, over HTTP or HTTPS, within a limit of bytes and of time for all of it. Follows a few redirects, and none from
 * outside into the own network, to another scheme or down from HTTPS. Credentials go to the named server alone.
 */
import { type LookupAddress, lookup } from 'node:dns';
import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { UserError } from '../../../command/user-error.ts';
import type { Credentials } from './credentials.ts';
import { isPrivateAddress } from './private-address.ts';

export interface FetchLimits {
  sizeBytes: number;
  timeMs: number;
}

export interface FetcherOptions {
  limits: FetchLimits;
  credentials: Credentials | undefined;
  /** PEM of authorities that are trusted instead of the usual ones. */
  authorities: string | undefined;
  onBytes?: (bytes: number) => void;
  /** Whether an address is one of the own network. */
  isOwn?: (address: string) => boolean;
}

export interface Answer {
  body: IncomingMessage;
  headers: IncomingMessage['headers'];
}

const redirectsMax = 5;
/** A server that says nothing for so long is not going to. */
const silenceMaxMs = 30_000;

/** A server answered, and not with what was asked for. */
export class StatusError extends UserError {
  readonly status: number;

  constructor(url: string, status: number) {
    super(`${url} answered ${status}${status === 401 || status === 403 ? ': give the key with --key-file' : ''}`);
    this.status = status;
  }
}

export class Fetcher {
  private readonly options: FetcherOptions;
  private readonly deadline: AbortSignal;
  private readonly isOwn: (address: string) => boolean;
  private bytes = 0;

  constructor(options: FetcherOptions) {
    this.options = options;
    this.isOwn = options.isOwn ?? isPrivateAddress;
    this.deadline = AbortSignal.timeout(options.limits.timeMs);
  }

  /** Hands the body on in pieces. Throws a `UserError` for anything but an answer of 200 within the limits. */
  async read(url: string, accept: string, onPiece: (piece: Buffer) => void): Promise<Answer['headers']> {
    const { body, headers } = await this.open(url, accept);
    try {
      for await (const piece of body as AsyncIterable<Buffer>) {
        this.bytes += piece.length;
        if (this.bytes > this.options.limits.sizeBytes) throw new UserError(`${url} is larger than --size-limit allows`);
        this.options.onBytes?.(this.bytes);
        onPiece(piece);
      }
    } catch (error) {
      throw this.described(url, error);
    } finally {
      body.destroy();
    }
    return headers;
  }

  async text(url: string, accept: string): Promise<{ text: string; headers: Answer['headers'] }> {
    const pieces: Buffer[] = [];
    const headers = await this.read(url, accept, (piece) => pieces.push(piece));
    return { text: Buffer.concat(pieces).toString('utf8'), headers };
  }

  private async open(named: string, accept: string): Promise<Answer> {
    let url = parseUrl(named);
    const origin = url.origin;
    const first = { isPrivate: false };
    for (let hop = 0; hop <= redirectsMax; hop++) {
      const body = await this.request(url, accept, url.origin === origin, hop === 0 ? first : { ...first, isRedirect: true });
      const status = body.statusCode ?? 0;
      if (status === 200) return { body, headers: body.headers };
      body.destroy();
      const { location } = body.headers;
      if (![301, 302, 303, 307, 308].includes(status) || location === undefined) throw new StatusError(named, status);
      url = redirected(url, location);
    }
    throw new UserError(`${named} redirects more than ${redirectsMax} times`);
  }

  private request(
    url: URL,
    accept: string,
    isNamedServer: boolean,
    place: { isPrivate: boolean; isRedirect?: boolean },
  ): Promise<IncomingMessage> {
    const { credentials, authorities } = this.options;
    const headers: Record<string, string> = { accept, 'user-agent': 'vonggac-centre', 'accept-encoding': 'identity' };
    if (credentials !== undefined && isNamedServer) headers[credentials.header] = credentials.value;
    const host = url.hostname.replace(/^\[|\]$/g, '');
    const mayBePrivate = place.isRedirect !== true || place.isPrivate;
    const options: RequestOptions & { ca?: string } = {
      headers,
      signal: this.deadline,
      lookup: guardedLookup(this.isOwn, mayBePrivate, place),
    };
    if (authorities !== undefined) options.ca = authorities;
    return new Promise((resolve, reject) => {
      const fail = (error: unknown) => reject(this.described(url.href, error));
      // A literal address is not looked up.
      if (isIP(host) !== 0) {
        if (this.isOwn(host) && !mayBePrivate) return fail(new IntoOwnNetwork(host));
        place.isPrivate = this.isOwn(host);
      }
      const request = (url.protocol === 'https:' ? httpsRequest : httpRequest)(url, options, resolve);
      request.setTimeout(silenceMaxMs, () => request.destroy(new Error(`silent for ${silenceMaxMs / 1000} s`)));
      request.on('error', fail);
      if (url.protocol === 'http:' && headers[credentials?.header ?? ''] !== undefined) this.holdBack(request, fail);
      else request.end();
    });
  }

  /** A key goes over plain HTTP within the own network only: the address is known once there is a connection. */
  private holdBack(request: ReturnType<typeof httpRequest>, fail: (error: unknown) => void): void {
    request.on('socket', (socket) => {
      const send = () => {
        if (this.isOwn(socket.remoteAddress ?? '')) request.end();
        else {
          request.destroy();
          fail(new Error('a key is not sent over http: use https'));
        }
      };
      if (socket.connecting) socket.once('connect', send);
      else send();
    });
  }

  private described(url: string, error: unknown): UserError {
    if (error instanceof UserError) return error;
    if (this.deadline.aborted) return new UserError(`${url} took longer than --time-limit allows`);
    if (error instanceof IntoOwnNetwork) return new UserError(`${url}: a redirect into the own network (${error.message}) is not followed`);
    return new UserError(`${url} cannot be fetched: ${error instanceof Error ? error.message : String(error)}`);
  }
}

class IntoOwnNetwork extends Error {}

/** Looks a name up as usual; where the answer must not be of the own network, none of its addresses may be. */
function guardedLookup(isOwn: (address: string) => boolean, mayBePrivate: boolean, place: { isPrivate: boolean }): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, addresses: LookupAddress[]) => {
      if (error !== null) return callback(error, []);
      const own = addresses.find(({ address }) => isOwn(address));
      if (own !== undefined && !mayBePrivate) return callback(new IntoOwnNetwork(own.address), []);
      place.isPrivate = own !== undefined;
      if (options.all === true) callback(null, addresses);
      else callback(null, addresses[0]?.address ?? '', addresses[0]?.family);
    });
  };
}

/** Throws a `UserError` for what is no http(s) URL, or has a password in it: that would end up in listings. */
export function parseUrl(text: string): URL {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) throw new UserError(`${text} is no http or https URL`);
  if (url.username !== '' || url.password !== '') throw new UserError('a URL with a password in it: use --user and --key-file');
  return url;
}

function redirected(from: URL, location: string): URL {
  const to = URL.parse(location, from.href);
  if (to === null || !/^https?:$/.test(to.protocol))
    throw new UserError(`${from.href}: a redirect to ${location.slice(0, 200)} is not followed`);
  if (from.protocol === 'https:' && to.protocol === 'http:')
    throw new UserError(`${from.href}: a redirect from https to http is not followed`);
  return to;
}
