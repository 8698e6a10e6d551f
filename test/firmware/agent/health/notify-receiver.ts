/**
 * systemd's end of sd_notify(3) for tests: a unix datagram socket, which Node does not have, kept by Python. Closes the file descriptors that
 * come along, as systemd does: a barrier waits for that.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { until } from '../uplink/listener.ts';

const receiver = `
import array, json, os, socket, sys
receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
receiver.bind(sys.argv[1])
print(json.dumps([]), flush=True)
while True:
    data, ancillary, _, _ = receiver.recvmsg(65536, socket.CMSG_SPACE(64))
    for level, kind, content in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            descriptors = array.array('i')
            descriptors.frombytes(content[: len(content) - len(content) % descriptors.itemsize])
            for descriptor in descriptors: os.close(descriptor)
    print(json.dumps(data.decode().split('\\n')), flush=True)
`;

/** Where this machine has no systemd-notify: the same words over the same kind of socket, without a barrier. */
const standIn = `#!/usr/bin/env python3
import os, socket, sys
socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto('\\n'.join(sys.argv[1:]).encode(), os.environ['NOTIFY_SOCKET'])
`;

const isInstalled = (process.env.PATH ?? '').split(':').some((path) => existsSync(join(path, 'systemd-notify')));

export class NotifyReceiver {
  /** What a service that this one listens to is started with. */
  readonly environment: NodeJS.ProcessEnv;
  /** The fields of each message that said anything, as they came. */
  readonly heard: string[][] = [];
  readonly #folder = mkdtempSync(join(tmpdir(), 'vonggac-notify-'));
  readonly #child: ChildProcess;
  #errors = '';
  #isReady = false;

  private constructor() {
    const path = join(this.#folder, 'notify');
    if (!isInstalled) writeFileSync(join(this.#folder, 'systemd-notify'), standIn, { mode: 0o755 });
    this.environment = { NOTIFY_SOCKET: path, PATH: isInstalled ? process.env.PATH : `${this.#folder}:${process.env.PATH}` };
    this.#child = spawn('python3', ['-c', receiver, path], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child.stderr?.on('data', (text: Buffer) => {
      this.#errors += text.toString();
    });
    createInterface({ input: this.#child.stdout! }).on('line', (line) => {
      this.#isReady = true;
      const fields = (JSON.parse(line) as string[]).filter((field) => field !== '' && field !== 'BARRIER=1');
      if (fields.length > 0) this.heard.push(fields);
    });
  }

  static async start(): Promise<NotifyReceiver> {
    const made = new NotifyReceiver();
    await until(() => made.#isReady || made.#errors !== '', 'the receiver');
    if (!made.#isReady) throw new Error(made.#errors);
    return made;
  }

  /** How often this field came. */
  count(field: string): number {
    return this.heard.filter((fields) => fields.includes(field)).length;
  }

  async stop(): Promise<void> {
    this.#child.kill('SIGKILL');
    await once(this.#child, 'close');
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
