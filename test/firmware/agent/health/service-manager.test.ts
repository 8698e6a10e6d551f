import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ServiceManager } from '../../../../firmware/agent/health/service-manager.ts';
import { NotifyReceiver } from './notify-receiver.ts';

const folder = mkdtempSync(join(tmpdir(), 'vonggac-service-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the service manager', { timeout: 20_000 }, () => {
  let receiver: NotifyReceiver;
  let complaints: string[];
  beforeEach(async () => {
    receiver = await NotifyReceiver.start();
    complaints = [];
  });
  afterEach(() => receiver.stop());

  function make(environment: NodeJS.ProcessEnv): ServiceManager {
    return new ServiceManager({ environment, log: { warn: (_, text) => complaints.push(text) } });
  }

  const listening = (more: NodeJS.ProcessEnv = {}) => make({ ...receiver.environment, ...more });

  it('is told what was asked, by systemd-notify', async () => {
    const service = listening();
    expect(await service.notify({ ready: true, status: 'đang chạy' })).toBe(true);
    expect(await service.notify({ watchdog: true })).toBe(true);
    expect(await service.notify({ stopping: true, status: 'stopping' })).toBe(true);
    expect(receiver.heard).toEqual([['READY=1', 'STATUS=đang chạy'], ['WATCHDOG=1'], ['STOPPING=1', 'STATUS=stopping']]);
  });

  it('hears no field that somebody hid in the words', async () => {
    expect(await listening().notify({ status: `failed: eth1\nWATCHDOG=1\r\n\u0000${'x'.repeat(1_000)}` })).toBe(true);
    expect(receiver.heard).toEqual([[expect.stringMatching(/^STATUS=failed: eth1 WATCHDOG=1 x{100,180}$/)]]);
  });

  it('is asked for nothing where there is none', async () => {
    const service = make({ WATCHDOG_USEC: '1000000' });
    expect(service.isThere).toBe(false);
    expect(service.watchdogMs).toBeUndefined();
    expect(await service.notify({ ready: true })).toBe(false);
    expect(complaints).toEqual([]);
  });

  it('says for how long the service may be silent, and to whom that is said', () => {
    expect(listening({ WATCHDOG_USEC: '30000000' }).watchdogMs).toBe(30_000);
    expect(listening({ WATCHDOG_USEC: '30000000', WATCHDOG_PID: String(process.pid) }).watchdogMs).toBe(30_000);
    expect(listening({ WATCHDOG_USEC: '30000000', WATCHDOG_PID: String(process.ppid) }).watchdogMs).toBeUndefined();
    for (const usec of ['0', '-1', '', 'soon', undefined]) expect(listening({ WATCHDOG_USEC: usec }).watchdogMs).toBeUndefined();
  });

  it('costs one line in the log, and nothing else, where the program is missing or fails, and another when it fails again', async () => {
    const service = listening({ PATH: folder });
    for (let times = 0; times < 3; times++) expect(await service.notify({ watchdog: true })).toBe(false);
    expect(complaints).toEqual(['the service manager could not be told']);
    const program = join(folder, 'systemd-notify');
    writeFileSync(program, '#!/bin/sh\nexit 0\n', { mode: 0o755 });
    expect(await service.notify({ watchdog: true })).toBe(true);
    rmSync(program);
    expect(await service.notify({ watchdog: true })).toBe(false);
    expect(complaints.length).toBe(2);
  });
});
