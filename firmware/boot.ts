/** What both processes of a box must agree on without talking: the id of this boot of the machine, and the path of the socket between them. */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { UserError } from './command/user-error.ts';
import { socketPathBytesMax } from './contract/link-lines.ts';

/** random(4): made anew by the kernel at each boot. */
const bootIdPath = '/proc/sys/kernel/random/boot_id';
const bootIdPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const socketName = 'agent.sock';
const defaultFolder = '/run/vonggac';

/** The kernel's id of this boot; where it cannot be read, a random one, which then is this process's alone. */
export function readBoot(path = bootIdPath): string {
  try {
    const id = readFileSync(path, 'latin1').trim();
    if (bootIdPattern.test(id)) return id;
  } catch {
    // Not Linux, or a sandbox without /proc.
  }
  return randomUUID();
}

/** Whatever names the folder of the socket. */
export interface SocketConfig {
  socket?: string | undefined;
}

/** Where sensor and agent meet, as an absolute path. Throws a `UserError` where the path is longer than the kernel takes. */
export function socketPath({ socket }: SocketConfig, environment: NodeJS.ProcessEnv = process.env): string {
  const path = resolve(socket ?? join(runtimeDirectory(environment) ?? defaultFolder, socketName));
  const lengthBytes = Buffer.byteLength(path);
  if (lengthBytes > socketPathBytesMax)
    throw new UserError(`the path of the socket is ${lengthBytes} bytes long, more than ${socketPathBytesMax}: ${path}`);
  return path;
}

/** systemd.exec(5): several folders are parted by colons. The service manager sets none that is empty. */
function runtimeDirectory({ RUNTIME_DIRECTORY: folders }: NodeJS.ProcessEnv): string | undefined {
  const first = folders?.split(':')[0];
  return first === undefined || first === '' ? undefined : first;
}

/** A folder of the socket for two processes that one starts, and what it puts in their environment so that they find it. */
export interface PrivateFolder {
  readonly environment: Readonly<Record<string, string>>;
  remove(): void;
}

/** For `vonggac run`: a folder that nobody else can enter, unless the configuration or the service manager named one. */
export function privateFolder({ socket }: SocketConfig, environment: NodeJS.ProcessEnv = process.env): PrivateFolder {
  if (socket !== undefined || runtimeDirectory(environment) !== undefined) return { environment: {}, remove: () => undefined };
  // mkdtemp(3) makes it with mode 0700.
  const folder = mkdtempSync(join(tmpdir(), 'vonggac-'));
  return { environment: { RUNTIME_DIRECTORY: folder }, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
