/**
 * The sensor's end of the socket between sensor and agent: reports, wakes and, while the disk fails, messages go out; the clock's state and
 * `taken` come back. Connects to a path and to nothing else, again and again, for as long as it takes. Calls on it never wait and never
 * throw; an agent that does not listen costs it nothing but counters that nobody saw.
 */
import { connect, type Socket } from 'node:net';
import type { ClockState, SensorReport } from '../contract/health.ts';
import { LineReader } from '../contract/link-lines.ts';
import { type FromAgent, type FromSensor, fromAgentSchema, linkLineBytesMax } from '../contract/sensor-message.ts';
import type { NewMessage } from '../outbox/outbox.ts';

const retryMsMin = 200;
const retryMsMax = 2_000;
/** An agent that keeps nothing by then is stuck: the messages stay here. */
const takenTimeoutMs = 5_000;
/** Of the messages in one line; the rest is for what stands around them. */
const handOverBytesMax = linkLineBytesMax - 1024;
const closeTimeoutMs = 1_000;

type HandedOver = Extract<FromSensor, { type: 'hand-over' }>['messages'][number];

export interface AgentChannelParts {
  /** Of the socket, absolute. */
  path: string;
  /** One line for people, told at each change. */
  onChange?: (text: string) => void;
  /** So many messages that were handed over died with the agent that held them. */
  onLost?: (count: number) => void;
  /** The settings or the indicators in the state folder are others; also told with each new link, for nobody says what was missed. */
  onReload?: () => void;
  /** A new process is wanted. */
  onRestart?: () => void;
}

export class AgentChannel {
  /** The state of the clock as last told; undefined: nobody said. */
  clock: ClockState | undefined;
  private readonly path: string;
  private readonly onChange: (text: string) => void;
  private readonly onLost: (count: number) => void;
  private readonly onReload: () => void;
  private readonly onRestart: () => void;
  /** What the agent said last of the messages that it holds in memory. */
  private held: { run: string; count: number } | undefined;
  private socket: Socket | undefined;
  private connected = false;
  private closed = false;
  private waitMs = retryMsMin;
  private timer: NodeJS.Timeout | undefined;
  private said = '';
  /** What the kernel did not take yet; each at most once. */
  private newestReport: SensorReport | undefined;
  private appendedWaits = false;
  private number = 0;
  private answer: ((isTaken: boolean) => void) | undefined;
  private isHandingOver = false;

  constructor({
    path,
    onChange = () => undefined,
    onLost = () => undefined,
    onReload = () => undefined,
    onRestart = () => undefined,
  }: AgentChannelParts) {
    this.onLost = onLost;
    this.onReload = onReload;
    this.onRestart = onRestart;
    this.path = path;
    this.onChange = onChange;
  }

  get isConnected(): boolean {
    return this.connected;
  }

  start(): void {
    if (this.socket !== undefined || this.closed) return;
    const socket = connect({ path: this.path });
    this.socket = socket;
    // Its work is the packets: a link alone keeps no process alive.
    socket.unref();
    const reader = new LineReader(linkLineBytesMax);
    let reason = 'the agent closed the connection';
    socket.once('connect', () => this.greet());
    socket.on('data', (chunk: Buffer) => {
      for (const line of reader.lines(chunk)) this.hear(line);
      if (reader.isOverlong) socket.destroy();
    });
    socket.on('error', (error) => {
      reason = error.message;
    });
    socket.once('close', () => this.lose(reason));
  }

  /**
   * The running totals. Goes to the kernel within this call where that has room, so also from inside a capture that lets no other work
   * be done; where it has none, the newest report waits and replaces the one before.
   */
  report(report: SensorReport): void {
    this.newestReport = report;
    this.flush();
  }

  /** Something new is in the outbox on disk. */
  appended(): void {
    this.appendedWaits = true;
    this.flush();
  }

  /**
   * Gives messages to the agent, in pieces that fit a line. Resolves with true once it has said that it keeps them all; with false where it
   * did not within 5 s a piece, is gone, another hand-over is under way, or one message is too large for a line: then it may have some of them,
   * and all are to be given again.
   */
  async handOver(messages: readonly NewMessage[]): Promise<boolean> {
    if (this.isHandingOver) return false;
    this.isHandingOver = true;
    try {
      for (const piece of pieces(messages)) if (!(await this.handOverPiece(piece))) return false;
      return true;
    } finally {
      this.isHandingOver = false;
    }
  }

  /** Lets the agent read what was said last, and ends the link for good. */
  async close(): Promise<void> {
    this.closed = true;
    clearTimeout(this.timer);
    const { socket } = this;
    if (socket === undefined) return;
    const timer = setTimeout(() => socket.destroy(), closeTimeoutMs);
    await new Promise<void>((resolve) => {
      socket.once('close', () => resolve());
      socket.end();
    });
    clearTimeout(timer);
  }

  private greet(): void {
    this.connected = true;
    this.waitMs = retryMsMin;
    this.tell('connected to the agent');
    this.write(lineOf({ type: 'hello', pid: process.pid, startedMs: Math.round(performance.timeOrigin) }));
    this.flush();
    this.onReload();
  }

  private lose(reason: string): void {
    this.connected = false;
    this.socket = undefined;
    this.answer?.(false);
    if (this.closed) return;
    this.tell(`no agent answers on ${this.path}: ${reason}`);
    this.timer = setTimeout(() => this.start(), this.waitMs).unref();
    this.waitMs = Math.min(retryMsMax, this.waitMs * 2);
  }

  /** One report at most lies with the runtime, one waits here. */
  private flush(): void {
    if (!this.connected || this.socket?.writable !== true) return;
    if (this.newestReport !== undefined && this.socket.writableLength === 0) {
      const report = this.newestReport;
      this.newestReport = undefined;
      this.write(lineOf({ type: 'report', report }));
    }
    if (this.appendedWaits && this.socket.writableLength === 0) {
      this.appendedWaits = false;
      this.write(lineOf({ type: 'appended' }));
    }
  }

  private readonly flushed = () => this.flush();

  private write(line: string): void {
    // Called back when the kernel has it: then there may be room for what waits.
    this.socket?.write(line, this.flushed);
  }

  private async handOverPiece(messages: HandedOver[]): Promise<boolean> {
    const line = lineOf({ type: 'hand-over', number: ++this.number, messages });
    if (!this.connected || Buffer.byteLength(line) > linkLineBytesMax) return false;
    return new Promise<boolean>((resolve) => {
      // Keeps the process: whoever ends in order waits for this answer.
      const timer = setTimeout(() => this.answer?.(false), takenTimeoutMs);
      this.answer = (isTaken) => {
        clearTimeout(timer);
        this.answer = undefined;
        resolve(isTaken);
      };
      this.write(line);
    });
  }

  private hear(line: string): void {
    const message = parse(line);
    if (message?.type === 'clock') this.clock = message.clock;
    else if (message?.type === 'held') this.hold(message);
    else if (message?.type === 'reload') this.onReload();
    else if (message?.type === 'restart') this.onRestart();
    else if (message?.number === this.number) this.answer?.(true);
  }

  /** Another run of the agent has none of what the one before held. */
  private hold({ run, count }: { run: string; count: number }): void {
    if (this.held !== undefined && this.held.run !== run && this.held.count > 0) this.onLost(this.held.count);
    this.held = { run, count };
  }

  private tell(text: string): void {
    if (text !== this.said) this.onChange(text);
    this.said = text;
  }
}

function lineOf(message: FromSensor): string {
  return `${JSON.stringify(message)}\n`;
}

function parse(line: string): FromAgent | undefined {
  try {
    return fromAgentSchema.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}

/** Messages as they are written, in groups below the limit. One that is larger is a group of its own. */
function* pieces(messages: readonly NewMessage[]): Generator<HandedOver[], void> {
  let piece: HandedOver[] = [];
  let sizeBytes = 0;
  for (const { kind, body, id } of messages) {
    const isText = typeof body === 'string';
    const handed: HandedOver = {
      kind,
      body: isText ? body : Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('base64'),
      ...(isText ? {} : { encoding: 'base64' }),
      ...(id === undefined ? {} : { id }),
    };
    const handedBytes = Buffer.byteLength(JSON.stringify(handed)) + 1;
    if (piece.length > 0 && sizeBytes + handedBytes > handOverBytesMax) {
      yield piece;
      piece = [];
      sizeBytes = 0;
    }
    piece.push(handed);
    sizeBytes += handedBytes;
  }
  if (piece.length > 0) yield piece;
}
