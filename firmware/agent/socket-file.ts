/**
 * Listens on a unix socket in the file system and keeps it reachable: the file that a killed process left is replaced, one that somebody
 * removed is made anew. Never takes the place of a living listener. Knows nothing of what is said over it.
 */
import { chmodSync, lstatSync, mkdirSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { socketPathBytesMax } from '../contract/link-lines.ts';

/** Only the user of this process may enter the folder and use the socket. */
const folderMode = 0o700;
const socketMode = 0o600;
/** A listener that lives but is busy answers later than this only when it is stuck: taken for living all the same. */
const probeTimeoutMs = 2_000;
/** Somebody may bind between our look and our binding; three times in a row is no chance. */
const bindTriesMax = 3;
const lookIntervalMs = 2_000;
/** Peers that said nothing yet and the one that counts. More are turned away by the kernel's side of the door. */
const connectionsMax = 8;

export interface SocketFileEvents {
  connection(socket: Socket): void;
  /** One line for people: the socket could not be kept reachable, or is again. */
  trouble(text: string): void;
}

export class SocketFile {
  readonly #path: string;
  readonly #events: SocketFileEvents;
  #server: Server | undefined;
  #inode = 0n;
  #timer: NodeJS.Timeout | undefined;
  #looking = false;
  #trouble: string | undefined;

  constructor(path: string, events: SocketFileEvents) {
    this.#path = path;
    this.#events = events;
  }

  /** Rejects, in words, where another process listens there, something else has the name, or the system refuses. */
  async open(): Promise<void> {
    const lengthBytes = Buffer.byteLength(this.#path);
    if (lengthBytes > socketPathBytesMax)
      throw new Error(`the path of the socket is ${lengthBytes} bytes long, more than ${socketPathBytesMax}: ${this.#path}`);
    await this.#bind();
    this.#timer = setInterval(() => this.#look(), lookIntervalMs).unref();
  }

  /** Ends the listening and removes the file. Connections that were made live on. */
  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#server?.close();
    this.#server = undefined;
  }

  async #bind(): Promise<void> {
    mkdirSync(dirname(this.#path), { recursive: true, mode: folderMode });
    for (let tries = 1; ; tries++) {
      const server = createServer((socket) => this.#events.connection(socket));
      server.maxConnections = connectionsMax;
      try {
        await listening(server, this.#path);
        this.#server = server;
        this.#inode = inodeOf(this.#path) ?? 0n;
        server.on('error', (error) => this.#events.trouble(`the socket ${this.#path}: ${error.message}`));
        return;
      } catch (error) {
        if (!isInUse(error) || tries === bindTriesMax) throw new Error(`cannot listen on ${this.#path}: ${messageOf(error)}`);
        await this.#clear();
      }
    }
  }

  /** Removes what a dead process left. Rejects where it is not that. */
  async #clear(): Promise<void> {
    const stat = lstatSync(this.#path, { throwIfNoEntry: false });
    if (stat === undefined) return;
    if (!stat.isSocket()) throw new Error(`cannot listen on ${this.#path}: something that is no socket has this name`);
    if (await isAnswered(this.#path)) throw new Error(`another process listens on ${this.#path}: is an agent running already?`);
    rmSync(this.#path, { force: true });
  }

  /** A socket whose file is gone is deaf, and nothing tells so. */
  #look(): void {
    if (this.#looking || inodeOf(this.#path) === this.#inode) return;
    this.#looking = true;
    this.#renew()
      .catch((error: unknown) => this.#say(messageOf(error)))
      .finally(() => {
        this.#looking = false;
      });
  }

  async #renew(): Promise<void> {
    await this.#clear();
    // Only now: closing removes whatever has the name.
    this.#server?.close();
    this.#server = undefined;
    if (this.#timer === undefined) return;
    await this.#bind();
    if (this.#timer === undefined) this.close();
    else this.#say(`the file of the socket was gone; it was made anew: ${this.#path}`);
  }

  #say(text: string): void {
    if (text !== this.#trouble) this.#events.trouble(text);
    this.#trouble = text;
  }
}

/** Listens, with the mode set before anybody is let in. */
function listening(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => {
      server.off('error', reject);
      resolve();
    });
    // `listen` of a path binds at once; whoever connects is accepted in a later turn.
    if (server.listening) chmodSync(path, socketMode);
  });
}

/** False only where the kernel says that nobody listens. */
async function isAnswered(path: string): Promise<boolean> {
  const socket = connect({ path });
  try {
    return await Promise.race([
      new Promise<boolean>((resolve, reject) => {
        socket.once('connect', () => resolve(true));
        socket.once('error', (error) => (isDead(error) || isBusy(error) ? resolve(isBusy(error)) : reject(error)));
      }),
      sleep(probeTimeoutMs, true, { ref: false }),
    ]);
  } finally {
    socket.on('error', () => undefined);
    socket.destroy();
  }
}

/** Undefined where nothing has the name, or we may not look. */
function inodeOf(path: string): bigint | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false, bigint: true })?.ino;
  } catch {
    return undefined;
  }
}

const codeOf = (error: unknown) => (error instanceof Error && 'code' in error ? error.code : undefined);
const isInUse = (error: unknown) => codeOf(error) === 'EADDRINUSE';
const isDead = (error: unknown) => codeOf(error) === 'ECONNREFUSED' || codeOf(error) === 'ENOENT';
/** unix(7): the queue of connections that wait to be accepted is full. */
const isBusy = (error: unknown) => codeOf(error) === 'EAGAIN';

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
