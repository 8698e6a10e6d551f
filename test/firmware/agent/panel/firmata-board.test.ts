/** One serial connection to the real program on an emulated chip: who is taken for the panel, and what a connection leaves behind. */
import { createRequire } from 'node:module';
import { setImmediate as breathe } from 'node:timers/promises';
import { queryObjects } from 'node:v8';
import { SerialPort } from 'serialport';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { encodeHeartbeat } from '../../../../firmware/agent/panel/chip-protocol.ts';
import { openChipLine } from '../../../../firmware/agent/panel/firmata-board.ts';
import { type ChipProgram, compileChip } from '../../panel-chip/chip-program.ts';
import { PanelBench } from './panel-bench.ts';

const require = createRequire(import.meta.url);
const baudRate = 57_600;

/** What these tests use of the two packages without types. */
interface Component {
  on(event: string, heard: () => void): void;
}
interface Led {
  on(): void;
  off(): void;
  brightness(level: number): void;
}
interface Io extends Component {
  sysexCommand(message: readonly number[]): void;
}
const five = require('johnny-five') as {
  Board: { new (options: object): Component; cache: unknown[] };
  Led: new (options: object) => Led;
  Button: new (options: object) => Component;
};
const { Firmata } = require('firmata-io') as { Firmata: new (port: SerialPort, options: object) => Io };

/** The machine that tests may be busy with other things. */
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let program: ChipProgram;
let bench: PanelBench;
beforeAll(async () => {
  program = await compileChip();
});
beforeEach(async () => {
  bench = new PanelBench(program);
  await bench.cable.plug();
});
afterEach(() => bench.close());

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('a connection', () => {
  it.each([
    ['another program', 'StandardFirmata.ino', /another program is on the chip \("StandardFirmata.ino"\): vonggac panel flash/],
    ['a program with a name of control characters', '\u001b[31m', /"\\u001b\[31m"/],
  ])('with %s on the chip is refused, and says what to do', async (_, name, reason) => {
    const letters = [...name].flatMap((letter) => [letter.charCodeAt(0), 0]);
    const timer = setInterval(() => bench.cable.send(Uint8Array.from([0xf9, 2, 5, 0xf0, 0x79, 2, 5, ...letters, 0xf7])), 20);
    try {
      const closed = await new Promise<[string, boolean]>((resolve) => {
        const refuse = () => resolve(['was taken for the panel', true]);
        openChipLine(bench.cable.path, { ready: refuse, message: refuse, restarted: refuse, closed: (...why) => resolve(why) });
      });
      expect(closed[0]).toMatch(reason);
      expect(closed[1]).toBe(true);
    } finally {
      clearInterval(timer);
    }
  });

  it('to a port that is not there ends with the reason, once', async () => {
    const reasons: [string, boolean][] = [];
    const ignore = () => undefined;
    openChipLine('/dev/no-such-port', { ready: ignore, message: ignore, restarted: ignore, closed: (...why) => reasons.push(why) });
    await pause(200);
    expect(reasons).toEqual([['No such file or directory, cannot open /dev/no-such-port', false]]);
  });

  it('that is given up while it opens gives the port back', async () => {
    const ignore = () => undefined;
    for (let round = 0; round < 5; round++) {
      openChipLine(bench.cable.path, { ready: ignore, message: ignore, restarted: ignore, closed: ignore }).dispose();
    }
    await pause(200);
    let isReady = false;
    const closed: string[] = [];
    const line = openChipLine(bench.cable.path, {
      ready: () => {
        isReady = true;
      },
      message: ignore,
      restarted: ignore,
      closed: (reason) => closed.push(reason),
    });
    await bench.until(() => isReady || closed.length > 0, 'the chip to be ready');
    expect(closed).toEqual([]);
    line.dispose();
  });

  it('that is given up before the chip has answered leaves no timer behind', async () => {
    const timers = () => process.getActiveResourcesInfo().filter((resource) => resource === 'Timeout').length;
    const before = timers();
    const ignore = () => undefined;
    const line = openChipLine(bench.cable.path, { ready: ignore, message: ignore, restarted: ignore, closed: ignore });
    await pause(600);
    expect(timers()).toBeGreaterThan(before);
    line.dispose();
    // Timers of the test runner come and go among them: it is enough that there are at some time no more than before.
    let left = timers();
    for (const endMs = performance.now() + 5_000; left > before && performance.now() < endMs; left = timers()) await breathe();
    expect(left).toBeLessThanOrEqual(before);
  });

  it('leaves nothing behind: no board, no port, no listener after 1,000 of them', async () => {
    let connections = 0;
    const connect = async () => {
      let isOver = false;
      const over = () => {
        isOver = true;
      };
      const line = openChipLine(bench.cable.path, {
        ready: () => {
          connections++;
          over();
        },
        message: () => undefined,
        restarted: () => undefined,
        // The one before has not quite given the port back.
        closed: over,
      });
      await bench.until(() => isOver, 'the chip to be ready', { speed: 10 });
      line.dispose();
      line.dispose();
      await new Promise((resolve) => setImmediate(resolve));
    };
    const connectTimes = async (times: number) => {
      connections = 0;
      for (let tried = 0; connections < times && tried < 2 * times; tried++) await connect();
      expect(connections).toBe(times);
    };
    await connectTimes(20);
    const count = () => [SerialPort, five.Board, Firmata].map((made) => queryObjects(made));
    const resources = process.getActiveResourcesInfo().length;
    // Counting collects the garbage first.
    count();
    const beforeBytes = process.memoryUsage().heapUsed;
    await connectTimes(1_000);
    bench.forget();
    await pause(100);
    expect(count()).toEqual([0, 0, 0]);
    expect(five.Board.cache.length).toBe(0);
    expect(process.getActiveResourcesInfo().length).toBeLessThanOrEqual(resources + 2);
    // serialport keeps half a kilobyte of each port that was open.
    expect((process.memoryUsage().heapUsed - beforeBytes) / 1_000).toBeLessThan(1_500);
  });
});

describe("johnny-five's own Led and Button", () => {
  it('work on the chip as on any Firmata board, as long as a heartbeat hands the lamp over', async () => {
    bench.runAlone(2_000);
    const port = new SerialPort({ path: bench.cable.path, baudRate });
    const io = new Firmata(port, { reportVersionTimeout: 100 });
    const board = new five.Board({ io, repl: false, debug: false, sigint: false });
    let isReady = false;
    board.on('ready', () => {
      isReady = true;
    });
    await bench.until(() => isReady, 'the board to be ready');
    let seq = 0;
    const handOver = () => {
      seq++;
      const lamps = { ready: 'off', attention: 'off', c2: 'direct', traffic: 'off' } as const;
      io.sysexCommand(encodeHeartbeat({ seq, lamps, buzzer: false, brightness: 1 }));
    };
    const led = new five.Led({ pin: 9, board });
    const heard: string[] = [];
    const button = new five.Button({ pin: 2, board, isPullup: true });
    button.on('press', () => heard.push('press'));
    button.on('release', () => heard.push('release'));

    led.on();
    await bench.play(200);
    expect(bench.chip.isHigh('c2')).toBe(false);
    handOver();
    await bench.play(200);
    expect(bench.look().lamps).toEqual(['off', 'off', 'steady', 'off']);
    led.brightness(64);
    await bench.play(200);
    expect(bench.look().lamps[2]).toMatch(/25 % lit/);
    led.off();
    await bench.play(200);
    handOver();
    await bench.play(200);
    expect(bench.look().lamps).toEqual(['off', 'off', 'off', 'off']);

    bench.chip.press(true);
    await bench.play(100);
    bench.chip.press(false);
    await bench.play(100);
    expect(heard).toEqual(['press', 'release']);
    bench.runAlone(5_000);
    expect(bench.look().lamps).toEqual(['off', 'turn', 'turn', 'off']);
    five.Board.cache.length = 0;
    await new Promise((resolve) => port.close(resolve));
  });
});
