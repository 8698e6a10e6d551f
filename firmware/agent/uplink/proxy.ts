/**
 * A connection to a place through an HTTP proxy (CONNECT, RFC 9110 §9.3.6), with Basic authentication where the proxy has a user name. What
 * the proxy sees is the place and, with TLS, nothing else. Knows no other way to authenticate and no proxy that itself speaks TLS.
 */
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import type { Socket } from 'node:net';
import { readPassword } from './credentials.ts';
import { faultOf, LinkFault, printable, type Route } from './link-fault.ts';
import { authorityOf, type Place, proxyOf } from './options.ts';

/** An answer to CONNECT is a few lines; some proxies add cookies. */
const answerHeadBytesMax = 8 * 1024;

/** Where a name has several addresses each gets so long before the next is tried; Node's 250 ms are too short for a satellite or mobile link. */
export const addressTimeoutMs = 2_500;

const nextStep: Readonly<Record<number, string>> = {
  401: 'set user name and password in proxy (or proxyPasswordFile)',
  403: 'have it allow CONNECT to the broker',
  405: 'have it allow CONNECT to the broker',
  407: 'set user name and password in proxy (or proxyPasswordFile)',
  502: 'it cannot reach the broker',
  503: 'it cannot reach the broker',
  504: 'it cannot reach the broker',
};

/** The way to the proxy itself, for the words of its faults. */
export function proxyRoute(proxy: string): Route {
  const { host, port } = proxyOf(proxy);
  return { to: { host, port }, who: 'proxy', name: host };
}

/** Rejects with a `LinkFault`, or as `signal` says. Nothing stays open then. */
export async function connectThroughProxy(
  proxy: string,
  passwordFile: string | undefined,
  to: Place,
  signal: AbortSignal,
): Promise<Socket> {
  const { host, port, username, password } = proxyOf(proxy);
  const secret = passwordFile === undefined ? password : await readPassword(passwordFile);
  const authority = authorityOf(to);
  const credentials = Buffer.from(`${username}:${secret}`, 'utf8').toString('base64');
  const asking = request({
    ...{
      host,
      port,
      method: 'CONNECT',
      path: authority,
      agent: false,
      signal,
      maxHeaderSize: answerHeadBytesMax,
      autoSelectFamilyAttemptTimeout: addressTimeoutMs,
    },
    headers: { host: authority, ...(username === '' ? {} : { 'proxy-authorization': `Basic ${credentials}` }) },
  });
  asking.on('error', () => undefined);
  asking.end();
  return await answered(asking, proxyRoute(proxy), signal);
}

async function answered(asking: ReturnType<typeof request>, route: Route, signal: AbortSignal): Promise<Socket> {
  try {
    // Whatever the status of the answer, Node tells it by this event.
    const [answer, socket, rest] = (await once(asking, 'connect', { signal })) as [IncomingMessage, Socket, Buffer];
    // Stays, as in stream.ts.
    socket.on('error', () => undefined);
    const { statusCode = 0, statusMessage = '' } = answer;
    if (statusCode < 200 || statusCode > 299) {
      socket.destroy();
      throw refusal(statusCode, statusMessage, route);
    }
    socket.setNoDelay(true);
    if (rest.length > 0) socket.unshift(rest);
    return socket;
  } catch (error) {
    asking.destroy();
    if (signal.aborted || error instanceof LinkFault) throw error;
    const fault = faultOf(error, route);
    if (fault.kind !== 'broker') throw fault;
    throw new LinkFault('proxy', `${authorityOf(route.to)} does not answer as an HTTP proxy does: ${fault.message}`);
  }
}

function refusal(status: number, reason: string, { to }: Route): LinkFault {
  const step = nextStep[status];
  const text = `the proxy answered ${status} ${printable(reason, 80)}`.trim();
  return new LinkFault('proxy', `${text} (${authorityOf(to)})${step === undefined ? '' : `; ${step}`}`);
}
