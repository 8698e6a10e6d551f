/**
 * Turns a network interface into frames, for as long as it is wanted: an interface that is down, unplugged or gone is
 * reported and waited for, an overloaded kernel is relieved (shed-controller.ts). Does not decode frames and never sends one.
 *
 * Under load libpcap's dispatch does not return, and with it no timer fires. So the clock is also read inside the packet
 * callback, statistics are taken there when due, and a dispatch that holds the process for long is ended by a new session.
 */
import { CLOSING_SESSIONS_MAX, ClosingSessions } from './closing-sessions.ts';
import { DropLedger } from './drop-ledger.ts';
import { CaptureError, type Frame, type FrameSink, type FrameSource, type SourceCounters } from './frame.ts';
import { EVERY_INTERFACE, readInterfaceState } from './interface-state.ts';
import { type LiveOptions, type LiveOptionsInput, liveOptionsSchema } from './live-options.ts';
import { type LiveState, type LiveStatus, linkWords, oneLine, StatusBoard } from './live-status.ts';
import { HEADER_CAPTURED, HEADER_MICROS, HEADER_ORIGINAL, HEADER_SECONDS, PacketSession } from './node-pcap.ts';
import { ShedController } from './shed-controller.ts';
import { shedFilter } from './shed-filter.ts';

/** How often the interface is looked at and the counters are read. */
const SUPERVISE_MS = 500;
/** After a failed opening: doubled each time, up to the second number. Each failure leaves a few hundred bytes in libpcap. */
const RETRY_MS_MIN = 500;
const RETRY_MS_MAX = 30_000;
/** The clock is read once for so many frames and one. */
const CLOCK_MASK = 1023;
/**
 * A dispatch that runs for longer is ended, so that signals and timers get their turn. It costs what the ring holds: nothing
 * more than overload costs anyway where frames are being dropped; where they are not, the sensor may yet catch up.
 */
const HOLD_MS_MAX_LOSING = 1000;
const HOLD_MS_MAX = 3000;
/** So many looks in a row that find frames of which the event loop did not tell: it no longer listens, see `#readUntold`. */
const UNTOLD_MAX = 2;
/** Frames that the old and the new session both saw are told by their time, unless the clock was set in between. */
const OVERLAP_MICROS_MAX = 1_000_000;
const LINKTYPE_ETHERNET = 1;
const WARNINGS_MAX = 100;

export type { LiveStatus };

export interface LiveSource extends FrameSource {
  status(): LiveStatus;
  /** Called at each change of the status, at once with the present one. */
  onStatus(listener: (status: LiveStatus) => void): void;
}

/**
 * Opens nothing before `run`, which rejects with a `CaptureError` only for what waiting cannot heal (a wrong filter).
 * After `stop` the process may be held by a session on a silent interface until its next frame: end it with `process.exit`.
 */
export function openLive(options: LiveOptionsInput): LiveSource {
  return new LiveCapture(liveOptionsSchema.parse(options));
}

class LiveCapture implements LiveSource {
  readonly warnings: string[] = [];
  readonly #options: LiveOptions;
  readonly #frame: Frame = { bytes: new Uint8Array(0), start: 0, end: 0, originalLength: 0, tsMicros: 0, linkType: LINKTYPE_ETHERNET };
  readonly #ledger = new DropLedger();
  readonly #shed = new ShedController();
  readonly #closing = new ClosingSessions();
  readonly #board: StatusBoard;
  #sink: FrameSink = () => undefined;
  #session: PacketSession | undefined;
  #interfaceIndex = 0;
  #received = 0;
  #sessionDelivered = 0;
  /** When the dispatch under way began; 0 outside of one. */
  #dispatchStartMs = 0;
  #dispatchStartDropped = 0;
  #skipUntilMicros = -1;
  /** The event loop told of packets since the last look. */
  #told = false;
  #untold = 0;
  #everOpened = false;
  #shedRefused = false;
  #retryMs = RETRY_MS_MIN;
  #nextTryMs = 0;
  #timer: NodeJS.Timeout | undefined;
  #settle: { resolve: () => void; reject: (error: unknown) => void } | undefined;
  #stopped = false;

  constructor(options: LiveOptions) {
    this.#options = options;
    this.#board = new StatusBoard(options.interface);
  }

  get name(): string {
    return this.#options.interface;
  }

  run(sink: FrameSink): Promise<void> {
    if (this.#stopped) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
      this.#sink = sink;
      this.#timer = setInterval(() => this.#supervise(), SUPERVISE_MS);
      this.#supervise();
    });
  }

  stop(): void {
    this.#end(undefined);
  }

  counters(): SourceCounters {
    this.#readStatistics();
    return { received: this.#received, kernelDropped: this.#ledger.dropped, interfaceDropped: this.#ledger.interfaceDropped };
  }

  status(): LiveStatus {
    return this.#board.status;
  }

  onStatus(listener: (status: LiveStatus) => void): void {
    this.#board.listen(listener);
  }

  #end(error: unknown): void {
    if (this.#stopped) return;
    this.#stopped = true;
    clearInterval(this.#timer);
    this.#loseSession();
    if (error === undefined) this.#settle?.resolve();
    else this.#settle?.reject(error);
  }

  /** Brings session and interface together. */
  #supervise(): void {
    if (this.#stopped) return;
    const { state, index } = readInterfaceState(this.name);
    const session = this.#session;
    // A socket outlives `down`, but libuv stops listening to it then.
    if (session !== undefined && (index !== this.#interfaceIndex || state === 'down')) this.#loseSession();
    const waiting = this.#closing.sweep();
    if (waiting > CLOSING_SESSIONS_MAX) {
      this.#end(new CaptureError(`${this.name}: it vanished ${waiting} times; start the sensor again to free its buffers`));
    } else if (state === 'missing' || state === 'down') {
      this.#nextTryMs = 0;
      this.#report(state, linkWords[state]);
    } else if (this.#session !== undefined) {
      this.#report(state, linkWords[state]);
      this.#readUntold(this.#session);
    } else if (performance.now() >= this.#nextTryMs) {
      this.#interfaceIndex = index;
      if (this.#openFirst()) this.#report(state, linkWords[state]);
    }
    this.#sample(performance.now());
  }

  /** An interface that went down and up between two looks also leaves a socket to which nobody listens: then open a new one. */
  #readUntold(session: PacketSession): void {
    const before = this.#sessionDelivered;
    if (this.#told) this.#untold = 0;
    else this.#read(session);
    this.#told = false;
    if (this.#sessionDelivered > before && ++this.#untold >= UNTOLD_MAX) this.#replaceSession();
  }

  #report(state: LiveState, words: string): void {
    this.#board.set(state, words, this.#isShedding());
  }

  #isShedding(): boolean {
    return this.#shed.mode === 'shed' && !this.#shedRefused;
  }

  /** Opens a session where there is none; false when that failed, which was then reported. */
  #openFirst(): boolean {
    try {
      this.#begin(this.#open());
      this.#retryMs = RETRY_MS_MIN;
      return true;
    } catch (error) {
      this.#nextTryMs = performance.now() + this.#retryMs;
      this.#retryMs = Math.min(this.#retryMs * 2, RETRY_MS_MAX);
      const words = oneLine(error);
      if (/CAP_NET_|permi/i.test(words)) this.#report('no-permission', `no permission to capture (${words})`);
      else if (!this.#everOpened && this.#options.filter !== '' && readInterfaceState(this.name).state !== 'missing') {
        this.#end(new CaptureError(`cannot capture on ${this.name}: ${words} (filter: ${oneLine(this.#options.filter)})`));
      } else this.#report('failed', `cannot be opened (${words})`);
      return false;
    }
  }

  #open(): PacketSession {
    const promiscuous = this.#options.promiscuous && this.name !== EVERY_INTERFACE;
    return new PacketSession({ ...this.#options, filter: this.#filter(), promiscuous }, () => this.#deliver());
  }

  /** The shed filter comes first: keywords in a filter set by hand would shift what follows them. */
  #filter(): string {
    const { filter } = this.#options;
    if (!this.#isShedding()) return filter;
    return filter === '' ? shedFilter() : `(${shedFilter()}) and (${filter})`;
  }

  #begin(session: PacketSession): void {
    this.#session = session;
    this.#everOpened = true;
    this.#sessionDelivered = 0;
    this.#frame.bytes = session.bytes;
    this.#frame.linkType = session.linkType;
    this.#untold = 0;
    session.start(() => {
      this.#told = true;
      this.#read(session);
    });
  }

  #read(session: PacketSession): void {
    this.#dispatchStartMs = performance.now();
    this.#dispatchStartDropped = this.#ledger.dropped;
    const result = session.dispatch();
    this.#dispatchStartMs = 0;
    // Another session may have taken its place meanwhile; then this one has just ended as it should.
    if (result >= 0 || session !== this.#session) return;
    this.#loseSession();
    this.#nextTryMs = performance.now() + this.#retryMs;
  }

  /** The callback of every packet. */
  #deliver(): void {
    const session = this.#session;
    if (session === undefined) return;
    const header = session.header;
    const frame = this.#frame;
    const captured = header[HEADER_CAPTURED]!;
    frame.end = captured < session.bytes.length ? captured : session.bytes.length;
    frame.originalLength = header[HEADER_ORIGINAL]!;
    frame.tsMicros = header[HEADER_SECONDS]! * 1_000_000 + header[HEADER_MICROS]!;
    this.#sessionDelivered++;
    if (this.#skipUntilMicros >= 0 && this.#wasSeen(frame.tsMicros)) return;
    this.#received++;
    try {
      this.#sink(frame);
    } catch (error) {
      this.#end(error);
    }
    if ((this.#received & CLOCK_MASK) === 0) this.#readClock();
  }

  #wasSeen(tsMicros: number): boolean {
    const seen = tsMicros <= this.#skipUntilMicros && tsMicros > this.#skipUntilMicros - OVERLAP_MICROS_MAX;
    if (!seen) this.#skipUntilMicros = -1;
    return seen;
  }

  /** What timers do otherwise, from inside a dispatch that does not return. */
  #readClock(): void {
    const nowMs = performance.now();
    if (this.#stopped || nowMs - this.#dispatchStartMs < SUPERVISE_MS) return;
    const session = this.#session;
    this.#sample(nowMs);
    const holdMsMax = this.#ledger.dropped > this.#dispatchStartDropped ? HOLD_MS_MAX_LOSING : HOLD_MS_MAX;
    if (session === this.#session && nowMs - this.#dispatchStartMs > holdMsMax) this.#replaceSession();
  }

  #readStatistics(): void {
    const statistics = this.#session?.statistics();
    if (statistics !== undefined) this.#ledger.update(statistics);
  }

  #sample(nowMs: number): void {
    if (this.#session === undefined || this.#stopped) return;
    this.#readStatistics();
    if (this.#options.shed === 'off' || this.#session.linkType !== LINKTYPE_ETHERNET || this.#shedRefused) return;
    const before = this.#shed.mode;
    if (this.#shed.sample(this.#ledger, nowMs) === before) return;
    this.#replaceSession();
    this.#board.setShedding(this.#isShedding());
  }

  /** Opens the next session before the old one ends, so that nothing is missed between them but what overload costs. */
  #replaceSession(): void {
    let next: PacketSession;
    try {
      next = this.#open();
    } catch (error) {
      this.#shedRefused ||= this.#shed.mode === 'shed';
      if (this.warnings.length < WARNINGS_MAX) this.warnings.push(`${this.name}: cannot change the filter (${oneLine(error)})`);
      return;
    }
    // What came while the new one was being opened lies in both.
    if (this.#dispatchStartMs === 0 && this.#session !== undefined) this.#read(this.#session);
    this.#skipUntilMicros = this.#frame.tsMicros;
    this.#loseSession();
    if (this.#stopped) this.#closing.add(next);
    else this.#begin(next);
  }

  #loseSession(): void {
    const session = this.#session;
    if (session === undefined) return;
    this.#readStatistics();
    this.#ledger.endSession(this.#sessionDelivered);
    this.#session = undefined;
    this.#closing.add(session);
  }
}
