/**
 * An ATmega328P at 16 MHz that runs the panel's program in simulated time: bytes in and out at the speed of the line, every change of a pin with its
 * moment, a button, power, resets and ways to hang. Runs only while asked to (`run`), some 25 times as fast as the real one.
 */
import {
  AVRClock,
  AVRIOPort,
  AVRTimer,
  AVRUSART,
  AVRWatchdog,
  avrInstruction,
  CPU,
  clockConfig,
  portBConfig,
  portDConfig,
  timer0Config,
  timer1Config,
  timer2Config,
  usart0Config,
  watchdogConfig,
} from 'avr8js';
import type { LampName } from '../../../firmware/agent/panel/display.ts';
import { type PanelPart, panelPins } from '../../../firmware/agent/panel/pins.ts';
import type { ChipProgram } from './chip-program.ts';

const clockHz = 16_000_000;
const cyclesPerMs = clockHz / 1_000;
const ramStart = 0x100;
const ramBytes = 2_048;
const mcusr = 0x54;
export const resetCauses = { power: 0x01, pin: 0x02, watchdog: 0x08 };
const sleepWord = 0x9588;
/** `rjmp .`: a jump to itself. */
const jumpToItself = 0xcfff;
const jumpAddress = 0x3ff0;
const timer2InterruptMask = 0x70;
/** A real line has no such queue; what a test puts on it at once waits here. */
const lineBytesMax = 200_000;

export interface Edge {
  ms: number;
  part: PanelPart;
  high: boolean;
}

export class EmulatedChip {
  /** Every change of a pin since the last `forget`. */
  edges: Edge[] = [];
  /** Bytes that the chip sent. */
  onSent: (byte: number) => void = () => undefined;
  resets = 0;
  readonly #program: ChipProgram;
  readonly #levels = new Map<PanelPart, boolean>();
  readonly #line: number[] = [];
  #lineRead = 0;
  #cpu: CPU;
  #usart!: AVRUSART;
  #portD!: AVRIOPort;
  /** Simulated time at which this CPU began. */
  #startMs = 0;
  #isButtonDown = false;
  #wantsReset = false;

  /** `fill` gives the bytes that power-up leaves in memory. */
  constructor(program: ChipProgram, fill: () => number = () => Math.floor(Math.random() * 256)) {
    this.#program = program;
    this.#cpu = this.#newCpu(resetCauses.power);
    for (let address = ramStart; address < ramStart + ramBytes; address++) this.#cpu.data[address] = fill();
  }

  /** Simulated milliseconds since the chip was made. */
  get nowMs(): number {
    return this.#startMs + this.#cpu.cycles / cyclesPerMs;
  }

  /** The CPU's own reset leaves registers and peripherals as they were: a fresh one starts as the hardware does. */
  #newCpu(cause: number): CPU {
    const cpu = new CPU(this.#program.words.slice(), ramBytes);
    cpu.data[mcusr] = cause;
    const ports = { B: new AVRIOPort(cpu, portBConfig), D: new AVRIOPort(cpu, portDConfig) };
    this.#portD = ports.D;
    for (const { part, port, bit } of panelPins) {
      if (port === 'C') throw new Error('port C is not emulated');
      ports[port].addListener((value) => this.#changed(part, (value & (1 << bit)) !== 0));
    }
    for (const config of [timer0Config, timer1Config, timer2Config]) new AVRTimer(cpu, config);
    this.#usart = new AVRUSART(cpu, usart0Config, clockHz);
    this.#usart.onByteTransmit = (byte) => this.onSent(byte);
    new AVRWatchdog(cpu, watchdogConfig, new AVRClock(cpu, clockHz, clockConfig));
    cpu.reset = () => {
      this.#wantsReset = true;
    };
    this.#cpu = cpu;
    this.#setButtonPin();
    return cpu;
  }

  #changed(part: PanelPart, high: boolean): void {
    if ((this.#levels.get(part) ?? false) === high) return;
    this.#levels.set(part, high);
    this.edges.push({ ms: this.nowMs, part, high });
  }

  isHigh(part: PanelPart): boolean {
    return this.#levels.get(part) ?? false;
  }

  get lit(): LampName[] {
    return (['ready', 'attention', 'c2', 'traffic'] as const).filter((lamp) => this.isHigh(lamp));
  }

  /** As by the reset pin or the watchdog: memory stays, pins float. */
  reset(cause: number): void {
    const { data } = this.#cpu;
    const endMs = this.nowMs;
    this.resets++;
    this.#wantsReset = false;
    this.#startMs = endMs;
    const cpu = this.#newCpu(cause);
    cpu.data.set(data.subarray(ramStart, ramStart + ramBytes), ramStart);
    for (const { part } of panelPins) this.#changed(part, false);
  }

  /** Off and on again. */
  powerCycle(): void {
    this.#line.length = 0;
    this.#lineRead = 0;
    this.reset(resetCauses.power);
    for (let address = ramStart; address < ramStart + ramBytes; address++) this.#cpu.data[address] = Math.floor(Math.random() * 256);
  }

  /** `main`: the main loop stands still while interrupts go on. `clock`: the tick stands still while the main loop goes on. */
  hang(what: 'main' | 'clock'): void {
    if (what === 'clock') {
      this.#cpu.writeData(timer2InterruptMask, 0);
      return;
    }
    this.#cpu.progMem[jumpAddress] = jumpToItself;
    this.#cpu.pc = jumpAddress;
  }

  press(isDown: boolean): void {
    this.#isButtonDown = isDown;
    this.#setButtonPin();
  }

  /** To ground when pressed; nothing in the emulator pulls it up. */
  #setButtonPin(): void {
    const bit = panelPins.find(({ part }) => part === 'button')?.bit ?? 0;
    this.#portD.setPin(bit, !this.#isButtonDown);
  }

  /** Puts bytes on the line to the chip; it hears them at the speed of the line. */
  receive(bytes: Iterable<number>): void {
    for (const byte of bytes) if (this.#line.length < lineBytesMax) this.#line.push(byte);
  }

  get isLineSilent(): boolean {
    return this.#lineRead === this.#line.length;
  }

  #feedLine(): void {
    if (this.#lineRead === this.#line.length || this.#usart.rxBusy) return;
    // Before the program has switched its receiver on, bytes are lost as on the real one.
    this.#usart.writeByte(this.#line[this.#lineRead++] ?? 0);
    if (this.#lineRead < this.#line.length) return;
    this.#line.length = 0;
    this.#lineRead = 0;
  }

  /** Runs for so many simulated milliseconds, resets by the watchdog included. */
  run(ms: number): void {
    const endMs = this.nowMs + ms;
    while (this.nowMs < endMs) {
      const cpu = this.#cpu;
      const endCycle = (endMs - this.#startMs) * cyclesPerMs;
      while (cpu.cycles < endCycle && !this.#wantsReset) this.#step(cpu);
      if (this.#wantsReset) this.reset(resetCauses.watchdog);
    }
  }

  #step(cpu: CPU): void {
    const isSleep = cpu.progMem[cpu.pc] === sleepWord;
    const wakesAt = cpu.pc + 1;
    this.#feedLine();
    avrInstruction(cpu);
    cpu.tick();
    if (!isSleep || !cpu.interruptsEnabled) return;
    // SLEEP is a no-op in the emulator: jump to whatever happens next until an interrupt takes the CPU away.
    while (cpu.pc === wakesAt && !this.#wantsReset && nextEventOf(cpu) !== undefined) {
      cpu.cycles = Math.max(cpu.cycles, nextEventOf(cpu) ?? 0);
      cpu.tick();
      this.#feedLine();
    }
  }

  /** Bytes of RAM in use: variables, and the deepest that the stack ever was. Needs a `fill` of one value. */
  ramUsed(fill: number): number {
    let free = this.#program.endOfVariables;
    while (free < ramStart + ramBytes && this.#cpu.data[free] === fill) free++;
    return ramBytes - (free - this.#program.endOfVariables);
  }
}

/** Cycle of the next thing that a peripheral does. */
function nextEventOf(cpu: CPU): number | undefined {
  const { nextClockEvent } = cpu as unknown as { nextClockEvent: { cycles: number } | null };
  return nextClockEvent?.cycles;
}
