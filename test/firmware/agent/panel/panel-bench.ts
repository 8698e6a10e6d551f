/**
 * The emulated chip at the end of a serial cable: its time passes only while a test plays it, at the pace of the clock on the wall where a host
 * takes part, and as fast as it can where nobody does.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as breathe, setTimeout as sleep } from 'node:timers/promises';
import { encodeHeartbeat } from '../../../../firmware/agent/panel/chip-protocol.ts';
import { type Display, lampNames } from '../../../../firmware/agent/panel/display.ts';
import type { ChipProgram } from '../../panel-chip/chip-program.ts';
import { EmulatedChip } from '../../panel-chip/emulated-chip.ts';
import { rhythmOf, traceAll } from '../../panel-chip/lamp-trace.ts';
import { endSysex, startSysex } from '../../panel-chip/raw-host.ts';
import { SerialCable } from './serial-cable.ts';

/** Bytes cross between the processes after each. */
const sliceMs = 2;
/** A machine that is busy must not make the chip's clock race to catch up: its time would outrun the host's. */
const behindMaxMs = 50;

export class PanelBench {
  readonly chip: EmulatedChip;
  readonly cable: SerialCable;
  /** Everything that the host sent. */
  readonly sent: number[] = [];
  readonly #folder = mkdtempSync(join(tmpdir(), 'vonggac-panel-'));
  #toHost: number[] = [];

  constructor(program: ChipProgram) {
    this.chip = new EmulatedChip(program);
    this.chip.onSent = (byte) => this.#toHost.push(byte);
    this.cable = new SerialCable(join(this.#folder, 'panel'), (bytes) => {
      this.sent.push(...bytes);
      this.chip.receive(bytes);
    });
  }

  #deliver(): void {
    if (this.#toHost.length === 0) return;
    this.cable.send(Uint8Array.from(this.#toHost));
    this.#toHost = [];
  }

  /** Plays beside a host, `speed` times as fast as the wall's clock, until it is true. */
  async until(isTrue: () => boolean, what: string, { timeoutMs = 20_000, speed = 1 } = {}): Promise<void> {
    const endMs = performance.now() + timeoutMs;
    let playedMs = performance.now();
    while (!isTrue()) {
      const nowMs = performance.now();
      if (nowMs > endMs) throw new Error(`waited in vain for: ${what}`);
      playedMs = Math.max(playedMs, nowMs - behindMaxMs);
      if (playedMs < nowMs) {
        this.chip.run(sliceMs * speed);
        playedMs += sliceMs;
        this.#deliver();
        await breathe();
      } else await sleep(1);
    }
  }

  /** Plays beside a host for so long by the wall's clock. */
  async play(wallMs: number, speed = 1): Promise<void> {
    const endMs = performance.now() + wallMs;
    await this.until(() => performance.now() >= endMs, 'the end', { timeoutMs: wallMs + 10_000, speed });
  }

  /** As fast as it can, with nobody at the other end. */
  runAlone(ms: number): void {
    this.chip.run(ms);
    this.#deliver();
  }

  /** What each lamp does over two seconds, left to right, and the buzzer; nothing that the host sends meanwhile is heard. */
  look(): { lamps: string[]; buzzer: boolean } {
    const trace = traceAll(this.chip, 2_000);
    return { lamps: lampNames.map((lamp) => rhythmOf(trace(lamp))), buzzer: trace('buzzer').duty > 0 };
  }

  /** Whether the last heartbeat that the host sent, whole, was for this display, and the chip has heard all of it. */
  hasHeard({ lamps, buzzer }: Display): boolean {
    const end = this.sent.lastIndexOf(endSysex);
    const heartbeat = this.sent.slice(this.sent.lastIndexOf(startSysex, end) + 1, end);
    const wanted = encodeHeartbeat({ seq: heartbeat[2] ?? 0, lamps, buzzer, brightness: 1 });
    return end === this.sent.length - 1 && wanted.join() === heartbeat.join() && this.chip.isLineSilent;
  }

  /** Path of a file that goes with the bench. */
  file(name: string): string {
    return join(this.#folder, name);
  }

  /** What was recorded until now; a long test would fill the memory with it. */
  forget(): void {
    this.sent.length = 0;
    this.chip.edges.length = 0;
  }

  async close(): Promise<void> {
    await this.cable.pull();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
