import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { privateFolder, readBoot, socketPath } from '../../firmware/boot.ts';

describe('the boot id', () => {
  it('is the one of the kernel, so that both processes have the same', () => {
    expect(readBoot()).toBe(readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim());
  });

  it('is a random one of the same shape where the kernel does not tell', () => {
    const folder = privateFolder({}, {});
    const path = join(folder.environment.RUNTIME_DIRECTORY!, 'boot_id');
    const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
    expect(readBoot(path)).toMatch(uuid);
    writeFileSync(path, 'no id\n');
    expect(readBoot(path)).toMatch(uuid);
    expect(readBoot(path)).not.toBe(readBoot(path));
    folder.remove();
  });
});

describe('the path of the socket', () => {
  it('is that of the configuration, else in the folder of the service manager, else the same for every box', () => {
    expect(socketPath({ socket: '/a/b.sock' }, { RUNTIME_DIRECTORY: '/run/c' })).toBe('/a/b.sock');
    expect(socketPath({}, { RUNTIME_DIRECTORY: '/run/c:/run/d' })).toBe('/run/c/agent.sock');
    expect(socketPath({}, { RUNTIME_DIRECTORY: '' })).toBe('/run/vonggac/agent.sock');
    expect(socketPath({}, {})).toBe('/run/vonggac/agent.sock');
  });

  it('does not depend on the folder that a process was started in', () => {
    expect(socketPath({ socket: 'x.sock' }, {})).toBe(join(process.cwd(), 'x.sock'));
  });

  it('is refused in words where the kernel would cut it', () => {
    expect(socketPath({ socket: `/${'p'.repeat(106)}` }, {})).toHaveLength(107);
    expect(() => socketPath({ socket: `/${'p'.repeat(107)}` }, {})).toThrow(/108 bytes long, more than 107: \/ppp/);
    expect(() => socketPath({ socket: `/${'ọ'.repeat(36)}` }, {})).toThrow(/109 bytes long/);
  });
});

describe('the private folder of a box that one process starts', () => {
  it('can be entered by nobody else, holds the socket of both, and is removed with what is in it', () => {
    const folder = privateFolder({}, {});
    const path = folder.environment.RUNTIME_DIRECTORY!;
    expect(path.startsWith(tmpdir())).toBe(true);
    expect(statSync(path).mode & 0o777).toBe(0o700);
    expect(socketPath({}, folder.environment)).toBe(join(path, 'agent.sock'));
    mkdirSync(join(path, 'left'));
    folder.remove();
    expect(existsSync(path)).toBe(false);
    folder.remove();
  });

  it('is not made where the configuration or the service manager named a place', () => {
    expect(privateFolder({ socket: '/a/b.sock' }, {}).environment).toEqual({});
    expect(privateFolder({}, { RUNTIME_DIRECTORY: '/run/c' }).environment).toEqual({});
  });
});
