/**
 * The only file that touches the npm package `pcap`: turns its native half into a session with two fixed buffers. Leaves out
 * its JavaScript half, which makes an object for each packet. Does not retry, time or judge anything.
 *
 * What the native half (3.1.0) demands, and where it is kept:
 * - `dispatch` calls back once a packet until the kernel's ring is empty, so at overload it does not return;
 * - `close` only asks for the end. The handle is freed when a dispatch meets that wish, which needs one more frame: a session
 *   closed on a silent interface lives on, silently, until a frame comes or the process ends;
 * - a session whose object is collected frees a poll handle that libuv still links to. So no session is ever let go of.
 */
import { createRequire } from 'node:module';

interface NativeStatistics {
  ps_recv: number;
  ps_drop: number;
  ps_ifdrop: number;
}

interface NativeSession {
  open_live(
    device: string,
    filter: string,
    bufferBytes: number,
    snapshotBytes: number,
    outputFile: string,
    onPacket: () => void,
    monitor: boolean,
    timeoutMs: number,
    onWarning: (text: string) => void,
    promiscuous: boolean,
  ): string;
  read_callback: (() => void) | undefined;
  start_polling(): void;
  dispatch(packet: Buffer, header: Buffer): number;
  stats(): NativeStatistics;
  close(): void;
}

interface NativeBinding {
  PcapSession: new () => NativeSession;
}

export interface SessionOptions {
  interface: string;
  filter: string;
  kernelBufferBytes: number;
  snapshotLengthBytes: number;
  timeoutMs: number;
  promiscuous: boolean;
}

export interface SessionStatistics {
  /** Frames that passed the filter, dropped ones among them; 32 bits, which wrap. */
  received: number;
  dropped: number;
  interfaceDropped: number;
}

/** Where the four numbers of a packet stand in `PacketSession.header`. */
export const HEADER_SECONDS = 0;
export const HEADER_MICROS = 1;
export const HEADER_CAPTURED = 2;
export const HEADER_ORIGINAL = 3;

/** What `dispatch` returns when the session was closed and its handle is now free. */
const DISPATCH_CLOSED = -2;

/** See above: native sessions that were polled, kept for the life of the process (some hundred bytes each). */
const retained: NativeSession[] = [];
let binding: NativeBinding | undefined;

/** Loaded when first needed, so that replaying files works where the native half was not built. */
function loadBinding(): NativeBinding {
  binding ??= createRequire(import.meta.url)('pcap/build/Release/pcap_binding') as NativeBinding;
  return binding;
}

export class PacketSession {
  /** The packet during `onPacket`. */
  readonly bytes: Buffer;
  /** Its header during `onPacket`: see HEADER_…. */
  readonly header = new Uint32Array(4);
  readonly linkType: number;
  /** The kernel's ring and the socket are freed. */
  released = false;
  #native: NativeSession;
  #headerBytes = Buffer.from(this.header.buffer);
  #closed = false;
  #dispatching = false;

  /** Throws an `Error` with libpcap's words when the interface cannot be opened. `onPacket` must not throw. */
  constructor(options: SessionOptions, onPacket: () => void) {
    this.bytes = Buffer.alloc(options.snapshotLengthBytes);
    this.#native = new (loadBinding().PcapSession)();
    // Its only warning is that the interface has no address, which a mirror port never has.
    const ignoreWarning = (): void => undefined;
    const { interface: name, filter, kernelBufferBytes, snapshotLengthBytes, timeoutMs, promiscuous } = options;
    const linkName = this.#native.open_live(
      name,
      filter,
      kernelBufferBytes,
      snapshotLengthBytes,
      '',
      onPacket,
      false,
      timeoutMs,
      ignoreWarning,
      promiscuous,
    );
    this.linkType = linkTypeOfName(linkName);
  }

  /** `onReadable` is called when packets wait, and shall call `dispatch`. */
  start(onReadable: () => void): void {
    retained.push(this.#native);
    this.#native.read_callback = onReadable;
    this.#native.start_polling();
  }

  /** Calls `onPacket` for each packet that waits. Returns a negative number on an error or when the session was closed. */
  dispatch(): number {
    if (this.released) return DISPATCH_CLOSED;
    this.#dispatching = true;
    const result = this.#native.dispatch(this.bytes, this.#headerBytes);
    this.#dispatching = false;
    if (result === DISPATCH_CLOSED) this.#release();
    return result;
  }

  /** Undefined once the session is released. */
  statistics(): SessionStatistics | undefined {
    if (this.released) return undefined;
    const { ps_recv: received, ps_drop: dropped, ps_ifdrop: interfaceDropped } = this.#native.stats();
    return { received: received >>> 0, dropped: dropped >>> 0, interfaceDropped: interfaceDropped >>> 0 };
  }

  /** No packet follows. Safe inside `onPacket`, and twice. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#native.read_callback = () => void this.dispatch();
    this.#native.close();
    if (!this.#dispatching) this.dispatch();
  }

  #release(): void {
    this.released = true;
    this.#native.read_callback = undefined;
  }
}

/** LINKTYPE_ values, https://www.tcpdump.org/linktypes.html, under the names that the native half gives them. */
const LINK_TYPES: Readonly<Record<string, number>> = {
  LINKTYPE_NULL: 0,
  LINKTYPE_ETHERNET: 1,
  LINKTYPE_RAW: 101,
  LINKTYPE_LINUX_SLL: 113,
  LINKTYPE_IEEE802_11_RADIO: 127,
};

/** The rest are named `Unknown linktype N`. */
function linkTypeOfName(name: string): number {
  return LINK_TYPES[name] ?? Number(/\d+$/.exec(name)?.[0] ?? -1);
}
