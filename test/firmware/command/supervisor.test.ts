import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ChildCommand, Supervisor, type SupervisorEvents } from '../../../firmware/command/supervisor.ts';
import type { CaptureState } from '../../../firmware/contract/health.ts';
import { until } from '../agent/uplink/listener.ts';
import type { Deed } from './child-program.ts';
import { Deeds, program } from './supervised.ts';

describe('the supervisor of a process', { timeout: 30_000 }, () => {
  let deeds: Deeds;
  let supervisor: Supervisor;
  let ended: Promise<number>;
  let states: CaptureState[];
  let deaths: [reason: string, restartInMs: number][];
  let restarts: number;
  beforeEach(() => {
    deeds = new Deeds();
    states = [];
    deaths = [];
    restarts = 0;
  });
  afterEach(async () => {
    supervisor.stop();
    await ended;
    expect(deeds.pids('child')).toEqual([]);
    deeds.remove();
  });

  /** What a child that asked to be started anew does when it was for the second time. */
  let second: Deed = 'run';
  function run(deed: Deed, more: Partial<ChildCommand> = {}): void {
    deeds.set({ child: deed });
    const events: SupervisorEvents = {
      state: (state) => states.push(state),
      died: (reason, restartInMs) => deaths.push([reason, restartInMs]),
      restarts: () => {
        restarts++;
        if (restarts === 2) deeds.set({ child: second });
      },
    };
    supervisor = new Supervisor(deeds.command('child', more), events, { log: 'ignore', program });
    ended = supervisor.run();
  }

  const isRunning = (times = 1) => until(() => states.filter((state) => state === 'running').length >= times, 'a running child');
  const kill = (signal: NodeJS.Signals) => process.kill(deeds.pids('child')[0]!, signal);

  it('ends with the status of a capture that is over, having heard its last state', async () => {
    run('end');
    expect(await ended).toBe(0);
    expect(states).toEqual(['starting', 'running', 'ended']);
    expect(deaths).toEqual([]);
  });

  it('ends with the status of wrong usage where the configuration is wrong from the start, and does not try again', async () => {
    run('wrong');
    expect(await ended).toBe(2);
    expect(deaths).toEqual([]);
  });

  it('starts a process again that dies, and waits longer each time', async () => {
    run('run');
    await isRunning();
    kill('SIGKILL');
    await until(() => deaths.length === 1, 'its death');
    await isRunning(2);
    kill('SIGKILL');
    await until(() => deaths.length === 2, 'its second death');
    expect(deaths).toEqual([
      ['signal SIGKILL', 1_000],
      ['signal SIGKILL', 2_000],
    ]);
    supervisor.stop();
    expect(await ended).toBe(0);
  });

  it('starts a process again that asks for it, or that somebody else told to end', async () => {
    run('broken');
    await until(() => deaths.length === 1, 'the first end');
    expect(deaths).toEqual([['exit status 75', 1_000]]);
    deeds.set({ child: 'run' });
    await isRunning();
    kill('SIGTERM');
    await until(() => deaths.length === 2, 'the second end');
    expect(deaths[1]).toEqual(['exit status 0', 2_000]);
  });

  it('starts a process that asks for it at once, and does not count that as a death', async () => {
    second = 'run';
    run('again');
    await isRunning();
    expect([restarts, deaths]).toEqual([2, []]);
    kill('SIGKILL');
    await until(() => deaths.length === 1, 'a death');
    expect(deaths).toEqual([['signal SIGKILL', 1_000]]);
  });

  it('waits as after a death where a process does nothing but ask to be started again', async () => {
    second = 'again';
    run('again');
    await until(() => deaths.length === 2, 'two waits');
    expect(restarts).toBe(5);
    expect(deaths).toEqual([
      ['exit status 80', 1_000],
      ['exit status 80', 2_000],
    ]);
  });

  it('does not start a process again that asks for it while it is being stopped', async () => {
    run('run');
    await isRunning();
    supervisor.stop();
    expect(await ended).toBe(0);
    expect(restarts).toBe(0);
  });

  it('keeps trying where the configuration became unreadable after it had worked', async () => {
    run('run');
    await isRunning();
    deeds.set({ child: 'wrong' });
    kill('SIGKILL');
    await until(() => deaths.length === 2, 'the second end');
    expect(deaths[1]).toEqual(['exit status 2', 2_000]);
  });

  it('does not kill a process that is still starting when asked to have the lists read anew, and asks it later', async () => {
    run('lazy', { reloads: true });
    supervisor.reload();
    await until(() => deeds.log.includes('child reloads'), 'the first reading');
    await isRunning();
    supervisor.reload();
    await until(() => deeds.log.filter((line) => line === 'child reloads').length === 2, 'the second reading');
    expect(deaths).toEqual([]);
  });

  it('sends no signal to a process that knows none for that', async () => {
    run('run');
    await isRunning();
    supervisor.reload();
    supervisor.stop();
    expect(await ended).toBe(0);
    expect(deeds.log).not.toContain('child reloads');
  });

  it('gives the process its own runtime options and environment', async () => {
    process.env.NOTIFY_SOCKET = '/not/for/the/child';
    try {
      run('run', { runtimeOptions: ['--max-semi-space-size=3'], environment: { VONGGAC_TEST: 'yes', NOTIFY_SOCKET: undefined } });
      await isRunning();
    } finally {
      delete process.env.NOTIFY_SOCKET;
    }
    await until(() => deeds.log.some((line) => /^child runs yes - .*--max-semi-space-size=3/.test(line)), 'its environment');
  });

  it('ends a process that does not end by itself', async () => {
    run('deaf', { killAfterMs: 300 });
    await isRunning();
    const askedMs = performance.now();
    supervisor.stop();
    expect(await ended).toBe(0);
    expect(performance.now() - askedMs).toBeGreaterThan(290);
    expect(performance.now() - askedMs).toBeLessThan(2_000);
  });

  it('stops while it waits to start the process again', async () => {
    run('run');
    await isRunning();
    kill('SIGKILL');
    await until(() => deaths.length === 1, 'the death');
    supervisor.stop();
    expect(await ended).toBe(0);
    expect(deeds.log.filter((line) => line === 'child starts').length).toBe(1);
  });
});
