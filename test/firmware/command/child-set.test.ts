import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { agentCommand, ChildSet, sensorCommand } from '../../../firmware/command/child-set.ts';
import type { ChildCommand } from '../../../firmware/command/supervisor.ts';
import { node, projectFile } from '../../bench/command.ts';
import { isAlive } from '../../live/box-process.ts';
import { until } from '../agent/uplink/listener.ts';
import type { Deed } from './child-program.ts';
import { Deeds, program } from './supervised.ts';

describe('the processes of the box together', { timeout: 30_000 }, () => {
  let deeds: Deeds;
  let set: ChildSet;
  let ended: Promise<number>;
  let deaths: string[];
  beforeEach(() => {
    deeds = new Deeds();
    deaths = [];
  });
  afterEach(async () => {
    set.stop();
    await ended;
    expect([...deeds.pids('sensor'), ...deeds.pids('agent')]).toEqual([]);
    deeds.remove();
  });

  function run(sensor: Deed, agent: Deed, more: Partial<ChildCommand> = {}): void {
    deeds.set({ sensor, agent });
    const commands = [deeds.command('sensor', { reloads: true, ...more }), deeds.command('agent', more)];
    set = new ChildSet(commands, { died: (name, reason) => deaths.push(`${name}: ${reason}`) }, { log: 'ignore', program });
    ended = set.run();
  }

  const areRunning = () => until(() => deeds.log.filter((line) => line.includes(' runs ')).length === 2, 'both');
  const endings = () => deeds.log.filter((line) => line.includes('stop'));
  const sensorFirst = ['sensor is asked to stop', 'sensor stops', 'agent is asked to stop', 'agent stops'];

  it('end one after the other when told to: the agent is asked only when the sensor is gone', async () => {
    run('slow', 'slow');
    await areRunning();
    set.stop();
    set.stop();
    expect(await ended).toBe(0);
    expect(endings()).toEqual(sensorFirst);
    expect(deaths).toEqual([]);
  });

  it('end all the same where the sensor does not', async () => {
    run('deaf', 'run', { killAfterMs: 300 });
    await areRunning();
    set.stop();
    expect(await ended).toBe(0);
    expect(endings()).toEqual(['sensor is asked to stop', 'agent is asked to stop', 'agent stops']);
  });

  it('end, the agent in order, when the capture is over', async () => {
    run('end', 'run');
    expect(await ended).toBe(0);
    expect(deeds.log).not.toContain('sensor is asked to stop');
    expect(deeds.pids('agent')).toEqual([]);
  });

  it('end with the status of wrong usage where the configuration of either is wrong from the start', async () => {
    run('wrong', 'run');
    expect(await ended).toBe(2);
    run('run', 'wrong');
    expect(await ended).toBe(2);
    expect(deaths).toEqual([]);
  });

  it('are started again each alone', async () => {
    run('run', 'run');
    await areRunning();
    const [sensor, agent] = [deeds.pids('sensor')[0]!, deeds.pids('agent')[0]!];
    process.kill(agent, 'SIGKILL');
    await until(() => deeds.log.filter((line) => line.startsWith('agent runs')).length === 2, 'the next agent');
    expect(deaths).toEqual(['agent: signal SIGKILL']);
    expect(deeds.pids('sensor')).toEqual([sensor]);
    process.kill(sensor, 'SIGKILL');
    await until(() => deeds.log.filter((line) => line.startsWith('sensor runs')).length === 2, 'the next sensor');
    expect(deaths).toEqual(['agent: signal SIGKILL', 'sensor: signal SIGKILL']);
  });

  it('stop though they were told to before they had begun', async () => {
    deeds.set({ sensor: 'run', agent: 'run' });
    set = new ChildSet([deeds.command('sensor'), deeds.command('agent')], { died: () => undefined }, { log: 'ignore', program });
    set.stop();
    ended = set.run();
    expect(await ended).toBe(0);
  });

  it('have the lists read anew by the sensor, and leave the agent alone', async () => {
    run('run', 'run');
    await areRunning();
    set.reload();
    await until(() => deeds.log.includes('sensor reloads'), 'the reading');
    expect(deeds.log).not.toContain('agent reloads');
    expect(deaths).toEqual([]);
  });
});

describe('the supervisor as a process', { timeout: 30_000 }, () => {
  async function start(deeds: Deeds) {
    deeds.set({ sensor: 'slow', agent: 'slow' });
    // A group of its own, as a terminal gives to what it starts: the signals of its keys go to all of them.
    const words = [projectFile('test/firmware/command/child-set-program.ts'), deeds.path];
    const parent = spawn(node, words, { detached: true, stdio: 'ignore' });
    const ended = once(parent, 'exit');
    await until(() => deeds.log.filter((line) => line.includes(' runs ')).length === 2, 'both');
    return { parent, ended };
  }

  it('ends its children in order also where the keys of a terminal sent the signal to all of them', async () => {
    const deeds = new Deeds();
    const { parent, ended } = await start(deeds);
    process.kill(-parent.pid!, 'SIGINT');
    expect((await ended)[0]).toBe(0);
    expect(deeds.log.filter((line) => line.includes('stop'))).toEqual([
      'sensor is asked to stop',
      'sensor stops',
      'agent is asked to stop',
      'agent stops',
    ]);
    deeds.remove();
  });

  it('lets its children end in order also where all of them are told to end at once, and then again by their supervisor', async () => {
    const deeds = new Deeds();
    const { parent, ended } = await start(deeds);
    process.kill(-parent.pid!, 'SIGTERM');
    expect((await ended)[0]).toBe(0);
    expect(deeds.log.filter((line) => line.includes('stop')).sort()).toEqual([
      'agent is asked to stop',
      'agent stops',
      'sensor is asked to stop',
      'sensor stops',
    ]);
    deeds.remove();
  });

  it('leaves no orphan: they end in order when it is killed', async () => {
    const deeds = new Deeds();
    const { parent, ended } = await start(deeds);
    parent.kill('SIGKILL');
    await ended;
    await until(() => deeds.log.includes('sensor stops') && deeds.log.includes('agent stops'), 'the end of both');
    expect(isAlive(parent.pid!)).toBe(false);
    deeds.remove();
  });
});

describe('what sensor and agent are started with', () => {
  it('gives both the folder of their socket, and the sensor no way to speak to the service manager', () => {
    const sensor = sensorCommand(['--config', 'x'], { RUNTIME_DIRECTORY: '/a' });
    expect(sensor.args).toEqual(['sensor', '--config', 'x']);
    expect(sensor.environment).toEqual({
      RUNTIME_DIRECTORY: '/a',
      NOTIFY_SOCKET: undefined,
      WATCHDOG_USEC: undefined,
      WATCHDOG_PID: undefined,
    });
    const agent = agentCommand(['--config', 'x'], { RUNTIME_DIRECTORY: '/a' });
    expect(agent.args).toEqual(['agent', '--config', 'x']);
    expect(agent.environment).toEqual({ RUNTIME_DIRECTORY: '/a', WATCHDOG_PID: undefined });
  });
});
