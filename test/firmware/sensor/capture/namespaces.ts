/** Two network namespaces joined by a veth pair, for the live tests: nothing leaves them. Needs root, Linux and iproute2. */
import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';

/** Undefined if live tests can run here, else why not. */
export function whyNotLive(): string | undefined {
  if (process.platform !== 'linux') return 'not Linux';
  if (process.getuid?.() !== 0) return 'not root';
  for (const tool of ['ip', 'tcpreplay', 'setpriv', 'sysctl']) {
    if (spawnSync(tool, ['--version']).error !== undefined) return `no ${tool}`;
  }
  const name = `vonggac-probe-${randomBytes(4).toString('hex')}`;
  if (spawnSync('ip', ['netns', 'add', name]).status !== 0) return 'network namespaces are not allowed';
  spawnSync('ip', ['netns', 'del', name]);
  return undefined;
}

/** The mirror port is `tap0` in `box`; what is sent on `out0` in `switch` arrives there. */
export class MirrorPort {
  readonly box: string;
  readonly switch: string;

  constructor() {
    const suffix = randomBytes(4).toString('hex');
    this.box = `vonggac-box-${suffix}`;
    this.switch = `vonggac-switch-${suffix}`;
    for (const name of [this.box, this.switch]) {
      run('ip', 'netns', 'add', name);
      // Neighbour discovery would add frames of its own to those of the test.
      this.inside(name, 'sysctl', '-qw', 'net.ipv6.conf.all.disable_ipv6=1', 'net.ipv6.conf.default.disable_ipv6=1');
    }
    this.plug();
  }

  plug(): void {
    run('ip', '-n', this.box, 'link', 'add', 'tap0', 'type', 'veth', 'peer', 'name', 'out0', 'netns', this.switch);
    this.setBox('tap0', 'up');
    this.setSwitch('out0', 'up');
  }

  setBox(...change: string[]): void {
    run('ip', '-n', this.box, 'link', 'set', ...change);
  }

  setSwitch(...change: string[]): void {
    run('ip', '-n', this.switch, 'link', 'set', ...change);
  }

  unplug(): void {
    run('ip', '-n', this.box, 'link', 'del', 'tap0');
  }

  /** Sends a capture file's frames out of the switch and waits until they are sent. */
  send(path: string, ...options: string[]): void {
    this.inside(this.switch, 'tcpreplay', '-q', '-K', '-i', 'out0', ...options, path);
  }

  remove(): void {
    spawnSync('ip', ['netns', 'del', this.box]);
    spawnSync('ip', ['netns', 'del', this.switch]);
  }

  private inside(name: string, ...command: string[]): void {
    run('ip', 'netns', 'exec', name, ...command);
  }
}

function run(command: string, ...parameters: string[]): void {
  execFileSync(command, parameters, { stdio: ['ignore', 'ignore', 'pipe'], timeout: 60_000 });
}
