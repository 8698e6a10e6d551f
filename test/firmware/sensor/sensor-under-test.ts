/**
 * `vonggac sensor` as the box runs it: a process under its supervisor, with the agent's end of the socket in this one. Keeps what it reports and
 * what it finds.
 */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SensorLink } from '../../../firmware/agent/sensor-link.ts';
import { sensorCommand } from '../../../firmware/command/child-set.ts';
import { Supervisor } from '../../../firmware/command/supervisor.ts';
import type { Alert } from '../../../firmware/contract/alert.ts';
import type { SensorReport } from '../../../firmware/contract/health.ts';
import { DiskOutbox } from '../../../firmware/outbox/disk-outbox.ts';
import type { OutboxCursor } from '../../../firmware/outbox/outbox.ts';
import type { BoxFolder } from './box-folder.ts';

const waitMs = 20_000;
const batchMax = 500;

export class SensorUnderTest {
  readonly alerts: Alert[] = [];
  readonly reports: SensorReport[] = [];
  /** What the supervisor said of the process. */
  readonly deaths: string[] = [];
  restarts = 0;
  readonly ended: Promise<number>;
  private readonly supervisor: Supervisor;
  private readonly link: SensorLink;
  private readonly outbox: DiskOutbox;
  private readonly cursor: OutboxCursor;
  private reading = Promise.resolve();

  private constructor(box: BoxFolder, link: SensorLink, outbox: DiskOutbox) {
    this.link = link;
    this.outbox = outbox;
    this.cursor = outbox.cursor();
    const environment = { STATE_DIRECTORY: box.path, RUNTIME_DIRECTORY: box.path };
    const events = {
      died: (reason: string) => void this.deaths.push(reason),
      restarts: () => {
        this.restarts++;
      },
    };
    this.supervisor = new Supervisor(sensorCommand(['--config', box.config], environment), events, { log: 'ignore' });
    this.ended = this.supervisor.run();
  }

  static async start(box: BoxFolder): Promise<SensorUnderTest> {
    let sensor: SensorUnderTest | undefined;
    const outbox = new DiskOutbox({ folder: box.path, box: 'local', boot: 'reader' });
    const link = new SensorLink({
      path: join(box.path, 'agent.sock'),
      source: '',
      log: { info: () => undefined, warn: () => undefined },
      onReport: (report) => sensor?.reports.push(report),
      onAppended: () => sensor?.read(),
      onHandOver: () => false,
    });
    await link.open();
    sensor = new SensorUnderTest(box, link, outbox);
    return sensor;
  }

  get report(): SensorReport | undefined {
    return this.reports.at(-1);
  }

  /** As the agent does once it has written other settings. */
  reload(): void {
    this.link.tellReload();
  }

  restart(): void {
    this.link.tellRestart();
  }

  async until(isTrue: (report: SensorReport) => boolean, what: string): Promise<SensorReport> {
    const endMs = performance.now() + waitMs;
    while (performance.now() < endMs) {
      const { report } = this;
      if (report !== undefined && isTrue(report)) return report;
      await sleep(5);
    }
    throw new Error(`waited in vain for: ${what}; last report ${JSON.stringify(this.report)}; deaths ${this.deaths.join()}`);
  }

  async stop(): Promise<number> {
    this.supervisor.stop();
    const status = await this.ended;
    await this.reading;
    this.link.close();
    await this.outbox.close();
    return status;
  }

  private read(): void {
    this.reading = this.reading.then(async () => {
      for (let messages = await this.cursor.next(batchMax); messages.length > 0; messages = await this.cursor.next(batchMax)) {
        for (const { kind, body } of messages) if (kind === 'alert') this.alerts.push(JSON.parse(String(body)));
      }
    });
  }
}
