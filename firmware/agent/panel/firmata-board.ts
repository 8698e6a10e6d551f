/**
 * One serial connection to the panel's chip: opened port -> known Firmata board -> messages both ways -> closed, once and for good. The only
 * file that knows serialport, firmata-io and johnny-five. Does not connect anew: that is for the driver.
 *
 * No johnny-five component (Led, Button) is made here: johnny-five keeps every component ever made in maps of its modules, and a box that
 * runs for years reconnects often. The chip makes the rhythms, so that none is needed.
 */
import { EventEmitter } from 'node:events';
import { createRequire } from 'node:module';
import { SerialPort } from 'serialport';
import { messageIds } from './chip-protocol.ts';

/** What is used of firmata-io, which has no types. */
interface FirmataIo extends EventEmitter {
  readonly firmware: { name?: string; version?: { major: number; minor: number } };
  readonly buffer: unknown[];
  readonly reportVersionTimeoutId: NodeJS.Timeout;
  reportVersion(heard: () => void): void;
  queryFirmware(heard: () => void): void;
  sysexCommand(message: readonly number[]): void;
  sysexResponse(id: number, handler: (this: FirmataIo, data: number[]) => void): void;
}
interface FirmataIoPackage {
  Firmata: new (transport: EventEmitter, options: { skipCapabilities: boolean; pinCount: number }) => FirmataIo;
}
/** What is used of johnny-five, which has no types. */
interface Board extends EventEmitter {
  readonly timer: NodeJS.Timeout | null;
}
interface JohnnyFive {
  Board: { new (options: { io: FirmataIo; repl: boolean; debug: boolean; sigint: boolean; timeout: number }): Board; cache: Board[] };
}

const require = createRequire(import.meta.url);
const { Firmata }: FirmataIoPackage = require('firmata-io');
const five: JohnnyFive = require('johnny-five');

const baudRate = 57_600;
/** Of the program in `panel-chip`; anything else that speaks Firmata would keep its lamps lit when this process dies. */
export const firmwareName = 'vonggac-panel';
const pinCount = 20;
/** Opening the port resets a Nano, whose boot loader may take two seconds; then it announces itself. */
const handshakeMs = 6_000;
/** The chip announces itself when it starts; one that runs already is asked, since asking once may fall into its boot. */
const askAgainMs = 400;
/** The chip's messages have 15 bytes, its name 31. firmata-io's buffer has no bound of its own. */
const receivedBytesMax = 1_024;
/** Some ten heartbeats that did not leave: the line stands still. */
const backlogBytesMax = 256;
const farewellMs = 500;

export interface ChipLineEvents {
  /** The chip is known and listens. */
  ready(firmware: string): void;
  /** A message of the chip's, with its number; not checked. */
  message(bytes: readonly number[]): void;
  /** The chip announced itself anew: it was reset, and has forgotten all. */
  restarted(): void;
  /** Exactly once, the last of all; not after `dispose`. `wasOpen`: there was a port, whatever stands at its other end. */
  closed(reason: string, wasOpen: boolean): void;
}

export interface ChipLine {
  /** Sends a user message (without start and end). False where the line stands still. */
  send(message: readonly number[]): boolean;
  /** Sends a last message, waits until it has left, and disposes. */
  finish(message: readonly number[]): Promise<void>;
  /** Gives the port back. Harmless twice. */
  dispose(): void;
}

const nothing = () => undefined;
const listeners = new WeakMap<FirmataIo, (data: number[]) => void>();
let isResponseRegistered = false;

/** firmata-io's table of answers belongs to the class, and refuses a second entry: registered once, given on by board. */
function listen(io: FirmataIo, heard: (data: number[]) => void): void {
  listeners.set(io, heard);
  if (isResponseRegistered) return;
  isResponseRegistered = true;
  io.sysexResponse(messageIds.state, function (data) {
    listeners.get(this)?.(data);
  });
}

/** serialport writes `Error: No such file or directory, cannot open …` where others write the text alone. */
function faultOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replace(/^Error:? /, '');
}

/** Never throws; what goes wrong comes by `closed`. */
export function openChipLine(path: string, events: ChipLineEvents): ChipLine {
  return new SerialChipLine(path, events);
}

class SerialChipLine implements ChipLine {
  readonly #port: SerialPort;
  /** What firmata-io takes for its serial port. */
  readonly #transport = Object.assign(new EventEmitter(), { write: (bytes: Buffer, sent: () => void) => this.#write(bytes, sent) });
  readonly #io: FirmataIo;
  readonly #board: Board;
  readonly #events: ChipLineEvents;
  readonly #deadline: NodeJS.Timeout;
  #asking: NodeJS.Timeout | undefined;
  #wasOpen = false;
  #isReady = false;
  #isDone = false;

  constructor(path: string, events: ChipLineEvents) {
    this.#events = events;
    // Without HUPCL a closed port leaves DTR alone, and the next opening does not reset the chip.
    this.#port = new SerialPort({ path, baudRate, autoOpen: false, hupcl: false });
    this.#io = new Firmata(this.#transport, { skipCapabilities: true, pinCount });
    // It would ask once, and then never again.
    clearTimeout(this.#io.reportVersionTimeoutId);
    this.#board = new five.Board({ io: this.#io, repl: false, debug: false, sigint: false, timeout: handshakeMs });
    // An 'error' that nobody listens to ends the process; these listeners stay, also after the end.
    for (const emitter of [this.#port, this.#io, this.#board]) {
      emitter.on('error', (error: unknown) => this.#end(faultOf(error)));
    }
    this.#deadline = setTimeout(() => this.#end('no answer: is it the panel, and is its program on it?'), handshakeMs);
    this.#listen();
    this.#port.open();
  }

  #listen(): void {
    const port = this.#port;
    port.on('open', () => this.#opened());
    port.on('close', () => this.#end('unplugged'));
    port.on('data', (chunk: Buffer) => this.#receive(chunk));
    this.#board.once('ready', () => this.#ready());
    listen(this.#io, (data) => this.#later(() => this.#events.message([messageIds.state, ...data])));
  }

  #opened(): void {
    if (this.#isDone) {
      this.#port.close(nothing);
      return;
    }
    this.#wasOpen = true;
    this.#transport.emit('open');
    const ask = () => {
      this.#io.reportVersion(nothing);
      this.#io.queryFirmware(nothing);
    };
    this.#asking = setInterval(ask, askAgainMs);
    ask();
  }

  /** firmata-io indexes its tables by what it receives, and throws for bytes that no board would send. */
  #receive(chunk: Buffer): void {
    try {
      this.#transport.emit('data', chunk);
    } catch {
      this.#io.buffer.length = 0;
    }
    if (this.#io.buffer.length > receivedBytesMax) this.#io.buffer.length = 0;
  }

  #ready(): void {
    clearTimeout(this.#deadline);
    clearInterval(this.#asking);
    const { name = '', version = { major: 0, minor: 0 } } = this.#io.firmware;
    if (name !== firmwareName) {
      this.#end(`another program is on the chip (${JSON.stringify(name.slice(0, 40))}): vonggac panel flash`);
      return;
    }
    this.#isReady = true;
    this.#io.on('reportversion', () => this.#later(() => this.#events.restarted()));
    this.#later(() => this.#events.ready(`${version.major}.${version.minor}`));
  }

  /** Events leave after the bytes are read, so that a fault of the receiver is not taken for one of the line. */
  #later(tell: () => void): void {
    setImmediate(() => {
      if (!this.#isDone) tell();
    });
  }

  #write(bytes: Buffer, sent: () => void): void {
    if (this.#isDone || !this.#port.isOpen || this.#port.writableLength > backlogBytesMax) return;
    this.#port.write(bytes, sent);
  }

  send(message: readonly number[]): boolean {
    if (!this.#isReady || this.#isDone || this.#port.writableLength > backlogBytesMax) return false;
    this.#io.sysexCommand(message);
    return true;
  }

  async finish(message: readonly number[]): Promise<void> {
    if (this.send(message)) {
      await new Promise<void>((resolve) => {
        const limit = setTimeout(resolve, farewellMs);
        this.#port.drain(() => {
          clearTimeout(limit);
          resolve();
        });
      });
    }
    this.dispose();
  }

  #end(reason: string): void {
    if (this.#isDone) return;
    this.dispose();
    this.#events.closed(reason, this.#wasOpen);
  }

  dispose(): void {
    if (this.#isDone) return;
    this.#isDone = true;
    clearTimeout(this.#deadline);
    clearInterval(this.#asking);
    clearTimeout(this.#io.reportVersionTimeoutId);
    // johnny-five complains ten seconds later about a board that never was ready, and remembers every board.
    clearTimeout(this.#board.timer ?? undefined);
    const index = five.Board.cache.indexOf(this.#board);
    if (index >= 0) five.Board.cache.splice(index, 1);
    listeners.delete(this.#io);
    this.#transport.removeAllListeners();
    if (this.#port.isOpen) this.#port.close(nothing);
  }
}
