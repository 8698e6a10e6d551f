/**
 * A program that is many boxes: for each the product's own uplink with its default options, its own certificate and an outbox in memory. Its
 * parameter is JSON: `{ boxes: [{ id, access }] }`. It reads one word a line: `mark` begins to count anew, `report` asks for `{ report }`. Twice
 * a second it says `{ present }`: how many boxes have said that they are there, and are subscribed.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe } from 'node:diagnostics_channel';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { uplinkOptionsSchema } from '../../../firmware/agent/uplink/options.ts';
import { Uplink } from '../../../firmware/agent/uplink/uplink.ts';
import { JoinedOutbox } from '../../../firmware/outbox/joined-outbox.ts';
import { MemoryOutbox } from '../../../firmware/outbox/memory-outbox.ts';
import type { TestAccess } from '../../centre/broker/centre-broker.ts';

const boot = 'bench';
const versions = { firmware: '0.3.0', node: process.versions.node };
const tellMs = 500;
/** At the beginning boxes come one after the other; the rush that is measured comes later. */
const betweenStartsMs = 15;

/** Of one box, since the mark. */
export interface BoxReport {
  /** Attempts to open a TCP connection. */
  attempts: number;
  /** Attempts that came through TLS. */
  handshakes: number;
  /** Until it was there again for the last time, in ms since the mark; undefined: it is not. */
  backMs?: number;
  /** What went wrong, each text once. */
  faults: string[];
}

class Box {
  report: BoxReport = { attempts: 0, handshakes: 0, faults: [] };
  readonly #uplink: Uplink;

  constructor(id: string, access: TestAccess) {
    const outbox = new JoinedOutbox([new MemoryOutbox({ box: id, boot })]);
    let session = 0;
    this.#uplink = new Uplink({
      options: uplinkOptionsSchema.parse(access),
      box: id,
      outbox,
      presence: (state) => ({ schema: 'presence/1', box: id, boot, ...state, ts: new Date().toISOString(), versions }),
      log: { info: () => undefined, warn: ({ reason }: { reason?: string }, text) => this.#note(reason ?? text) },
      // Asked once the way to the broker is open.
      nextSession: () => {
        this.report.handshakes++;
        return ++session;
      },
      onConnected: () => {
        this.report.backMs = performance.now() - markMs;
      },
    });
  }

  get isPresent(): boolean {
    return this.report.backMs !== undefined && this.#uplink.state.connectedSinceMs !== undefined;
  }

  start(): void {
    this.#uplink.start();
  }

  stop(): Promise<void> {
    return this.#uplink.stop();
  }

  #note(text: string): void {
    if (!this.report.faults.includes(text)) this.report.faults.push(text);
  }
}

function say(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

let markMs = performance.now();
const places: { boxes: { id: string; access: TestAccess }[] } = JSON.parse(process.argv[2] ?? '');
const boxes = places.boxes.map(({ id, access }) => new Box(id, access));
// Whatever an uplink does in later time happens in the context in which it was started.
const current = new AsyncLocalStorage<Box>();
subscribe('net.client.socket', () => {
  const box = current.getStore();
  if (box !== undefined) box.report.attempts++;
});

setInterval(() => say({ present: boxes.filter(({ isPresent }) => isPresent).length }), tellMs);
const starting = (async () => {
  for (const box of boxes) {
    current.run(box, () => box.start());
    await sleep(betweenStartsMs);
  }
})();
for await (const word of createInterface({ input: process.stdin })) {
  if (word === 'mark') {
    markMs = performance.now();
    for (const box of boxes) box.report = { attempts: 0, handshakes: 0, faults: [] };
  } else if (word === 'report') {
    say({ report: boxes.map(({ report }) => report) });
  }
}
await starting;
await Promise.all(boxes.map((box) => box.stop()));
process.exit();
