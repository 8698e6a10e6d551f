import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { Supervisor, type SupervisorEvents } from '../../../firmware/command/supervisor.ts';
import type { Alert } from '../../../firmware/contract/alert.ts';
import type { SensorReport } from '../../../firmware/contract/health.ts';

const folder = mkdtempSync(join(tmpdir(), 'vonggac-supervisor-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const capture = (name: string) => fileURLToPath(new URL(`../../captures/${name}`, import.meta.url));
const intel = [capture('demonstration.indicators.csv')];

/** Ids of the sensors that this process has started. */
function sensorPids(): number[] {
  const children = readFileSync(`/proc/self/task/${process.pid}/children`, 'latin1').trim().split(' ').filter(Boolean).map(Number);
  return children.filter((pid) => readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes('sensor\0--config'));
}

class Run {
  readonly alerts: Alert[] = [];
  readonly reports: SensorReport[] = [];
  readonly deaths: [reason: string, restartInMs: number][] = [];
  readonly supervisor: Supervisor;
  readonly ended: Promise<number>;

  constructor(config: object) {
    const path = join(folder, 'box.json');
    writeFileSync(path, JSON.stringify({ intel, ...config }));
    const events: SupervisorEvents = {
      message: (message) => {
        if (message.type === 'alert') this.alerts.push(message.alert);
        else this.reports.push(message.report);
      },
      died: (reason, restartInMs) => this.deaths.push([reason, restartInMs]),
    };
    this.supervisor = new Supervisor(['sensor', '--config', path], events, 'ignore');
    this.ended = this.supervisor.run();
  }

  async isRunning(after = 0): Promise<void> {
    await expect.poll(() => this.reports.slice(after).some((report) => report.capture.state === 'running'), { timeout: 10_000 }).toBe(true);
  }
}

describe('the supervisor of the sensor', { timeout: 30_000 }, () => {
  let run: Run | undefined;
  afterEach(async () => {
    run?.supervisor.stop();
    await run?.ended;
    run = undefined;
  });

  const endless = { capture: { file: capture('http.pcap'), pace: 1, once: false } };

  it('hands on everything that a capture gives before it says that it is over', async () => {
    run = new Run({ capture: { file: capture('c2-domain-exchange.pcap'), pace: 0, once: true } });
    expect(await run.ended).toBe(0);
    expect(run.alerts.map(({ stage }) => stage)).toContain('exchange');
    expect(run.reports.at(-1)?.capture.state).toBe('ended');
    expect(run.reports.at(-1)?.capture.packets).toBeGreaterThan(0);
  });

  it('ends with the status of wrong usage where the capture or the list is none, and does not try again', async () => {
    run = new Run({ capture: { file: join(folder, 'absent.pcap'), pace: 0 } });
    expect(await run.ended).toBe(2);
    run = new Run({ ...endless, intel: [join(folder, 'absent.txt')] });
    expect(await run.ended).toBe(2);
    expect(run.deaths).toEqual([]);
  });

  it('starts a sensor again that dies, and waits longer each time', async () => {
    run = new Run(endless);
    await run.isRunning();
    process.kill(sensorPids()[0]!, 'SIGKILL');
    await expect.poll(() => run?.deaths).toEqual([['signal SIGKILL', 1_000]]);
    await run.isRunning(run.reports.length);
    process.kill(sensorPids()[0]!, 'SIGKILL');
    await expect.poll(() => run?.deaths.at(-1)).toEqual(['signal SIGKILL', 2_000]);
    run.supervisor.stop();
    expect(await run.ended).toBe(0);
    expect(sensorPids()).toEqual([]);
  });

  it('starts a sensor again that somebody else told to end', async () => {
    run = new Run(endless);
    await run.isRunning();
    process.kill(sensorPids()[0]!, 'SIGTERM');
    await expect.poll(() => run?.deaths).toEqual([['exit status 0', 1_000]]);
  });

  it('keeps trying where the configuration became unreadable after it had worked', async () => {
    run = new Run(endless);
    await run.isRunning();
    writeFileSync(join(folder, 'box.json'), '{');
    process.kill(sensorPids()[0]!, 'SIGKILL');
    await expect.poll(() => run?.deaths.at(-1), { timeout: 10_000 }).toEqual(['exit status 2', 2_000]);
  });

  it('does not kill a sensor that is still starting when asked to have the lists read anew, and asks it later', async () => {
    run = new Run(endless);
    run.supervisor.reload();
    await run.isRunning();
    run.supervisor.reload();
    const before = run.reports.length;
    await expect.poll(() => (run?.reports.length ?? 0) > before + 1, { timeout: 5_000 }).toBe(true);
    expect(run.deaths).toEqual([]);
    expect(sensorPids().length).toBe(1);
  });

  it('ends a sensor that does not end by itself', async () => {
    run = new Run(endless);
    await run.isRunning();
    process.kill(sensorPids()[0]!, 'SIGSTOP');
    const askedMs = performance.now();
    run.supervisor.stop();
    expect(await run.ended).toBe(0);
    expect(performance.now() - askedMs).toBeLessThan(5_000);
  });
});
