import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Ask } from '../../../../firmware/agent/health/clock.ts';
import { checkClock, checkDisk, checkRuntime } from '../../../../firmware/command/doctor/machine.ts';

const folder = mkdtempSync(join(tmpdir(), 'vonggac-doctor-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const now = new Date('2026-02-03T00:00:00Z');
const answers =
  (known: Record<string, string>): Ask =>
  (program) =>
    Promise.resolve(known[program]);

describe('the clock', () => {
  it('of a box that started in 1970 is wrong, whatever else is said', async () => {
    expect(await checkClock(new Date(0), answers({ timedatectl: 'yes' }))).toEqual([
      { code: 'clock.wrong', values: { date: '1970-01-01' } },
    ]);
  });

  it('is judged by timedatectl, else by chrony, else not at all', async () => {
    const code = async (known: Record<string, string>) => (await checkClock(now, answers(known))).map((found) => found.code);
    expect(await code({ timedatectl: 'yes' })).toEqual(['clock.ok']);
    expect(await code({ timedatectl: 'no', chronyc: 'Leap status     : Normal' })).toEqual(['clock.unsynchronised']);
    expect(await code({ chronyc: 'Stratum         : 3\nLeap status     : Normal' })).toEqual(['clock.ok']);
    expect(await code({ chronyc: 'Leap status     : Not synchronised' })).toEqual(['clock.unsynchronised']);
    expect(await code({})).toEqual(['clock.unknown']);
  });
});

describe('the disk', () => {
  const mounts = (text: string) => {
    const path = join(folder, 'mounts');
    writeFileSync(path, text);
    return path;
  };

  it('is read-only where the mount that holds the path is', async () => {
    const writable = '/dev/root / ext4 rw,noatime 0 0\n/dev/boot /boot vfat ro 0 0\n';
    expect((await checkDisk('/', mounts(writable)))[0]?.code).not.toBe('disk.read-only');
    expect((await checkDisk('/', mounts('/dev/root / ext4 ro,noatime 0 0\n')))[0]?.code).toBe('disk.read-only');
    // The later of two mounts on one point is the one in force.
    expect((await checkDisk('/', mounts(`${writable}tmpfs / tmpfs ro 0 0\n`)))[0]?.code).toBe('disk.read-only');
  });

  it('that cannot be looked at is said to be so', async () => {
    expect((await checkDisk(join(folder, 'absent')))[0]).toMatchObject({ code: 'disk.unknown' });
  });
});

describe('the runtime', () => {
  it('is the one that is pinned, and any other is named', () => {
    expect(checkRuntime()).toMatchObject([{ code: 'runtime.ok' }]);
    expect(checkRuntime('20.1.0')).toMatchObject([{ code: 'runtime.other', values: { version: '20.1.0', wanted: process.versions.node } }]);
  });
});
