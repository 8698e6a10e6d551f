/**
 * The panel with its own chip: displays -> heartbeats, the chip's states -> presses of the button. Connects anew, with growing waits, for ever.
 * A heartbeat leaves only from `show` with a fresh judgement (and once more, while it still is fresh, when the chip comes up): no timer here
 * repeats one. The chip makes the rhythms, and the pattern for a lost host.
 */
import { Backoff } from '../uplink/backoff.ts';
import { type ChipPress, type ChipState, decodeState, encodeHeartbeat, encodePlannedStop } from './chip-protocol.ts';
import { type ChipLine, type ChipLineEvents, openChipLine } from './firmata-board.ts';
import { type DriverState, isFresh, type JudgedDisplay, type PanelDriver, type PanelLog, type Press } from './panel-driver.ts';

/**
 * Every port that was open costs half a kilobyte for good: serialport 13 never destroys its poller. So a port at which nothing answers is tried
 * less and less often.
 */
const backoffOptions = { firstMs: 500, ceilingMs: 120_000 };
/** Not even the first wait, drawn at random, makes a tight loop. */
const waitMinMs = 100;
/** A port that is not there costs nothing, and a panel that is plugged in again should be lit soon. */
const absentWaitMs = 2_000;
/** The chip confirms a heartbeat within some ms. Where it confirmed none for so long, the line is open and leads nowhere. */
const unconfirmedMaxMs = 4_000;
const seqMask = 0x7f;

const pressOf: Readonly<Record<ChipPress, Press | undefined>> = {
  none: undefined,
  short: 'acknowledge',
  test: 'self-test',
  help: 'help',
};

export interface FirmataPanelParts {
  /** Of the serial port: a name that stays, as udev makes it. */
  path: string;
  onPress: (press: Press) => void;
  log: PanelLog;
  /** Opens one connection. */
  open?: (path: string, events: ChipLineEvents) => ChipLine;
  nowMs?: () => number;
}

export class FirmataPanel implements PanelDriver {
  readonly #parts: Required<FirmataPanelParts>;
  readonly #backoff = new Backoff(backoffOptions);
  #waits = this.#backoff[Symbol.iterator]();
  #line: ChipLine | undefined;
  #retry: NodeJS.Timeout | undefined;
  #isClosed = false;
  #firmware: string | undefined;
  #chip: ChipState | undefined;
  #last: JudgedDisplay | undefined;
  #seq = 0;
  /** Heartbeats that the chip has not confirmed, and since when there are any. */
  #unconfirmed = 0;
  #unconfirmedSinceMs = 0;
  #losses = 0;
  #stale = 0;
  #reason: string | undefined = 'not connected yet';

  constructor(parts: FirmataPanelParts) {
    this.#parts = { open: openChipLine, nowMs: () => performance.now(), ...parts };
    this.#connect();
  }

  get state(): DriverState {
    const chip = this.#chip;
    return {
      connected: this.#reason === undefined,
      ...(this.#reason === undefined ? {} : { reason: this.#reason }),
      losses: this.#losses,
      stale: this.#stale,
      ...(chip === undefined || this.#firmware === undefined
        ? {}
        : {
            chip: {
              firmware: this.#firmware,
              phase: chip.phase,
              resets: chip.resets,
              refused: chip.refused,
              buttonStuck: chip.isStuck,
            },
          }),
    };
  }

  show(judged: JudgedDisplay): boolean {
    if (!isFresh(judged, this.#parts.nowMs())) {
      this.#stale++;
      return false;
    }
    this.#last = judged;
    if (this.#firmware === undefined) return true;
    const isSilent = this.#unconfirmed > 0 && this.#parts.nowMs() - this.#unconfirmedSinceMs > unconfirmedMaxMs;
    if (isSilent) this.#lost('the panel does not answer', true);
    else this.#send(judged);
    return true;
  }

  async close(planned: boolean): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearTimeout(this.#retry);
    this.#reason = 'closed';
    if (planned) await this.#line?.finish(encodePlannedStop(this.#nextSeq()));
    else this.#line?.dispose();
    this.#line = undefined;
  }

  #nextSeq(): number {
    this.#seq = (this.#seq + 1) & seqMask;
    return this.#seq;
  }

  #send({ display: { lamps, buzzer }, brightness }: JudgedDisplay): void {
    if (this.#unconfirmed === 0) this.#unconfirmedSinceMs = this.#parts.nowMs();
    this.#unconfirmed++;
    this.#line?.send(encodeHeartbeat({ seq: this.#nextSeq(), lamps, buzzer, brightness }));
  }

  #connect(): void {
    this.#firmware = undefined;
    this.#chip = undefined;
    this.#unconfirmed = 0;
    this.#line = this.#parts.open(this.#parts.path, {
      ready: (firmware) => {
        this.#firmware = firmware;
        this.#sendAgain();
      },
      message: (bytes) => this.#heard(bytes),
      restarted: () => this.#sendAgain(),
      closed: (reason, wasOpen) => this.#lost(reason, wasOpen),
    });
  }

  /** To a chip that knows nothing: what was last shown, if it still holds. */
  #sendAgain(): void {
    if (this.#last !== undefined && isFresh(this.#last, this.#parts.nowMs())) this.#send(this.#last);
  }

  #heard(bytes: readonly number[]): void {
    const state = decodeState(bytes);
    if (state === undefined) return;
    const before = this.#chip;
    this.#chip = state;
    // A state may be on its way while the next heartbeat leaves: every one of this connection's that it names, or that came before, was heard.
    const behind = (this.#seq - state.seq) & seqMask;
    if (behind < this.#unconfirmed) this.#confirmed(behind);
    // Of a chip that is new to us it is not known when it counted its presses. After a reset it counts from 0, of no kind.
    if (before === undefined || before.presses === state.presses) return;
    const press = pressOf[state.press];
    if (press !== undefined) this.#parts.onPress(press);
  }

  #confirmed(behind: number): void {
    this.#unconfirmed = behind;
    this.#unconfirmedSinceMs = this.#parts.nowMs();
    if (this.#reason === undefined) return;
    this.#reason = undefined;
    this.#waits = this.#backoff[Symbol.iterator]();
    this.#parts.log.info({ path: this.#parts.path, firmware: this.#firmware }, 'the panel is connected');
  }

  #lost(reason: string, wasOpen: boolean): void {
    if (this.#isClosed) return;
    this.#line?.dispose();
    this.#line = undefined;
    this.#firmware = undefined;
    this.#chip = undefined;
    if (this.#reason === undefined) this.#losses++;
    // The same reason again and again would fill the log.
    if (this.#reason !== reason) this.#parts.log.warn({ path: this.#parts.path, reason }, 'the panel is not connected');
    this.#reason = reason;
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.#connect(), wasOpen ? waitMinMs + this.#waits.next().value : absentWaitMs);
  }
}
