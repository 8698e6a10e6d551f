/**
 * The options -> an open stream to the broker: TCP, or TLS 1.3 over it, straight or through an HTTP proxy. Says in plain words why there is
 * none. Speaks no MQTT and does not retry.
 */
import { once } from 'node:events';
import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { type Credentials, readCredentials } from './credentials.ts';
import { faultOf, LinkFault, type Route } from './link-fault.ts';
import { authorityOf, brokerOf, type UplinkOptions } from './options.ts';
import { addressTimeoutMs, connectThroughProxy, proxyRoute } from './proxy.ts';

export interface OpenStream {
  stream: Socket;
  route: Route;
  /** Something that people should see to, though the stream is open. */
  warning?: string;
}

/** Rejects with a `LinkFault`. Nothing stays open then. */
export async function openStream(options: UplinkOptions, signal: AbortSignal): Promise<OpenStream> {
  const { isTls, ...to } = brokerOf(options.url);
  const route: Route = { to, who: 'broker', name: options.serverName ?? to.host, caFile: options.caFile };
  const credentials = await readCredentials(options);
  const { warning } = credentials;
  let isReached = false;
  let isLate = false;
  const ended = new AbortController();
  const stop = () => ended.abort();
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  const timer = setTimeout(() => {
    isLate = true;
    stop();
  }, options.connectTimeoutMs);
  try {
    const socket = await openSocket(options, route, ended.signal);
    isReached = true;
    const stream = isTls ? await secured(socket, options, credentials, route, ended.signal) : socket;
    return { stream, route, ...(warning === undefined ? {} : { warning }) };
  } catch (error) {
    if (signal.aborted) throw new LinkFault('unreachable', 'stopped before the connection was there');
    if (isLate && !(error instanceof LinkFault)) throw lateFault(options, route, isReached);
    const fault = faultOf(error, route);
    throw warning === undefined ? fault : new LinkFault(fault.kind, `${fault.message}; ${warning}`);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
  }
}

function lateFault({ connectTimeoutMs, proxy }: UplinkOptions, { to }: Route, isReached: boolean): LinkFault {
  if (isReached) return new LinkFault('tls', `${authorityOf(to)} took the connection and does not answer with TLS; is the port right?`);
  const way = proxy === undefined ? '' : ` through the proxy ${authorityOf(proxyRoute(proxy).to)}`;
  const text = `${authorityOf(to)} did not answer within ${connectTimeoutMs / 1_000} s${way}; check address, port and firewall`;
  return new LinkFault('unreachable', text);
}

async function openSocket(options: UplinkOptions, route: Route, signal: AbortSignal): Promise<Socket> {
  if (options.proxy !== undefined) return await connectThroughProxy(options.proxy, options.proxyPasswordFile, route.to, signal);
  const socket = connect({ ...route.to, noDelay: true, autoSelectFamilyAttemptTimeout: addressTimeoutMs });
  return await ready(socket, 'connect', signal);
}

async function secured(socket: Socket, options: UplinkOptions, credentials: Credentials, route: Route, signal: AbortSignal) {
  const { ca, cert, key } = credentials;
  const secure = connectTls({
    socket,
    // Node checks the certificate against `servername`, else against `host`. An address is no server name (RFC 6066 §3).
    host: route.name,
    ...(isIP(route.name) === 0 ? { servername: route.name } : {}),
    minVersion: 'TLSv1.3',
    rejectUnauthorized: true,
    ...(options.alpn === undefined ? {} : { ALPNProtocols: options.alpn }),
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  });
  return await ready<TLSSocket>(secure, 'secureConnect', signal);
}

/** Resolves at `event`. At an error, at the other side's end and at the end of `signal` it closes the socket and rejects. */
async function ready<T extends Socket>(socket: T, event: 'connect' | 'secureConnect', signal: AbortSignal): Promise<T> {
  // Stays: an error between now and the first reader of the stream must not end the process; the close that follows is what counts.
  socket.on('error', () => undefined);
  const gone = new AbortController();
  const close = () => gone.abort();
  socket.once('close', close);
  try {
    await once(socket, event, { signal: AbortSignal.any([signal, gone.signal]) });
    return socket;
  } catch (error) {
    socket.destroy();
    if (gone.signal.aborted && !signal.aborted) throw Object.assign(new Error('closed before it was ready'), { code: 'ECONNRESET' });
    throw error;
  } finally {
    socket.off('close', close);
  }
}
