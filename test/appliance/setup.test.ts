/** The setup script on the machine as it is, and on one that lacks things: a folder of links stands in for its programs. */
import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const script = join(root, 'appliance/setup.sh');
const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** What the script itself needs. The compiler is left out: it is what this machine lacks. */
const present = [
  'bash',
  'cat',
  'chmod',
  'cut',
  'dirname',
  'env',
  'flock',
  'id',
  'make',
  'mktemp',
  'node',
  'npm',
  'openssl',
  'perl',
  'python3',
  'rm',
  'sha256sum',
  'tail',
  'tr',
  'uname',
];

/** A copy of the project without modules, and a machine whose path holds only `present` and what the test adds. */
function machine(added: Record<string, string> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'vonggac-setup-'));
  folders.push(folder);
  const [bin, project] = [join(folder, 'bin'), join(folder, 'project')];
  mkdirSync(bin);
  mkdirSync(join(project, 'appliance'), { recursive: true });
  for (const name of ['package.json', 'package-lock.json', 'appliance/setup.sh']) copyFileSync(join(root, name), join(project, name));
  for (const name of present) {
    const found = spawnSync('bash', ['-c', `type -P ${name}`], { encoding: 'utf8' }).stdout.trim();
    symlinkSync(found, join(bin, name));
  }
  for (const [name, text] of Object.entries(added)) {
    rmSync(join(bin, name), { force: true });
    writeFileSync(join(bin, name), `#!/bin/bash\n${text}\n`);
    chmodSync(join(bin, name), 0o755);
  }
  const log = join(folder, 'log');
  const run = () => {
    const { status, stderr, stdout } = spawnSync('bash', [join(project, 'appliance/setup.sh')], {
      encoding: 'utf8',
      env: { PATH: bin, HOME: folder, LOG: log, BIN: bin },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return { status, said: `${stdout}${stderr}`.trim() };
  };
  return { run, log: () => (existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : []) };
}

/** Writes down how it was called; an installation brings the compiler. */
const apt = 'echo "apt-get $*" >>"$LOG"; case "$*" in *install*) printf "#!/bin/bash\\n" >"$BIN/c++"; chmod +x "$BIN/c++";; esac';
/** Ends the run where the npm packages would begin. */
const npm = 'echo "npm $*" >>"$LOG"; echo "no registry in this test"; exit 7';
const programs = Object.fromEntries(
  [
    ...['mosquitto', 'tcpdump', 'tcpreplay', 'ip', 'ethtool', 'sysctl', 'setpriv'],
    ...['avr-gcc', 'openscad', 'admesh', 'Xvfb', 'xauth', 'rsvg-convert', 'pdftotext'],
  ].map((name) => [name, 'exit 0']),
);

describe('the setup script', () => {
  it('says nothing and takes less than 0.3 s once all is there', () => {
    spawnSync('bash', [script]);
    const startMs = performance.now();
    const { status, stdout, stderr } = spawnSync('bash', [script], { encoding: 'utf8' });
    expect(performance.now() - startMs).toBeLessThan(300);
    expect([status, stdout, stderr]).toEqual([0, '', '']);
  }, 120_000);

  it('names in one line what to install where there is no apt', () => {
    const { status, said } = machine(programs).run();
    expect(status).toBe(1);
    expect(said.split('\n')).toHaveLength(1);
    expect(said).toMatch(/no apt here; please install.*g\+\+/);
  });

  it('says what it installs, installs just what is missing, and goes on', () => {
    const { run, log } = machine({ ...programs, 'apt-get': apt, npm, id: 'echo 0' });
    const { status, said } = run();
    expect(said).toContain('installing with apt: g++\n');
    const installs = log().filter((line) => line.includes('install'));
    expect(installs.at(-1)).toMatch(/^apt-get .*install -y --no-install-recommends g\+\+$/);
    expect(log().at(-1)).toMatch(/^npm ci --ignore-scripts/);
    expect(said).toContain('no registry in this test');
    expect(said).toContain('npm ci failed (above)');
    expect(status).toBe(1);
  });

  it('uses sudo only when it is not root, and never waits for a password that nobody can type', () => {
    const sudo = 'echo "sudo $1" >>"$LOG"; [ "$1" = -n ] && shift; exec "$@"';
    const user = machine({ ...programs, 'apt-get': apt, npm, sudo, id: 'echo 1000' });
    user.run();
    expect(user.log()).toContain('sudo -n');
    const administrator = machine({ ...programs, 'apt-get': apt, npm, sudo, id: 'echo 0' });
    administrator.run();
    expect(administrator.log().join()).not.toContain('sudo');
  });

  it('says which command to run as root where there is no sudo', () => {
    const { status, said } = machine({ ...programs, 'apt-get': apt, id: 'echo 1000' }).run();
    expect(status).toBe(1);
    expect(said).toMatch(/please run as root: apt-get install g\+\+/);
  });

  it('refuses a Node that is too old', () => {
    const { status, said } = machine({ ...programs, node: 'echo v18.19.0' }).run();
    expect(status).toBe(1);
    expect(said).toBe('setup: Node.js 20 or newer is needed, this is 18.19.0');
  });
});
