/** The real program on an emulated chip, alone: what its pins do for each message, and what they do when nothing sensible comes. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { encodeHeartbeat, hostLostMs, protocolVersion, rhythmCodes } from '../../../firmware/agent/panel/chip-protocol.ts';
import { isLit, lampNames, type Rhythm } from '../../../firmware/agent/panel/display.ts';
import { type ChipProgram, compileChip, sourceFolder } from './chip-program.ts';
import { EmulatedChip, resetCauses } from './emulated-chip.ts';
import { expectedTrace, rhythmOf, traceAll } from './lamp-trace.ts';
import { endSysex, RawHost, randomBytes, startSysex } from './raw-host.ts';

const rhythms: readonly Rhythm[] = ['off', 'steady', 'blink', 'pulse', 'turn', 'counterturn'];
const lampTestMs = 1_500;
const memoryFill = 0xa5;

/** The machine that tests may be busy with other things. */
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let program: ChipProgram;
beforeAll(async () => {
  program = await compileChip();
});

const newChip = () => new EmulatedChip(program, () => memoryFill);

/** A chip whose lamp test is over. */
function startedHost(): RawHost {
  const host = new RawHost(newChip());
  host.chip.run(lampTestMs + 50);
  return host;
}

/** What the four lamps do over two seconds, left to right. */
function shown(chip: EmulatedChip): string[] {
  const trace = traceAll(chip, 2_000);
  return lampNames.map((lamp) => rhythmOf(trace(lamp)));
}

const away = ['off', 'pulse', 'off', 'off'];
const lost = ['off', 'turn', 'turn', 'off'];

describe("the chip's program", () => {
  it('fits in 8 KB of flash and 1 KB of RAM, its stack at the worst included', () => {
    expect(program.flashBytes).toBeLessThanOrEqual(8_192);
    expect(program.ramBytes).toBeLessThanOrEqual(1_024);
    const host = startedHost();
    host.send(randomBytes(20_000, 7));
    host.heartbeat({ ready: 'blink' });
    expect(host.chip.ramUsed(memoryFill)).toBeGreaterThan(program.ramBytes);
    expect(host.chip.ramUsed(memoryFill)).toBeLessThanOrEqual(1_024);
  });

  it('agrees with the TypeScript side on numbers and rhythms', () => {
    const header = readFileSync(join(sourceFolder, 'protocol.h'), 'utf8');
    const number = (name: string) => Number(new RegExp(`\\b${name}\\s*=?\\s*(\\w+)`).exec(header)?.[1]);
    expect(number('PROTOCOL_VERSION')).toBe(protocolVersion);
    for (const [rhythm, code] of Object.entries(rhythmCodes)) expect(number(`RHYTHM_${rhythm.toUpperCase()}`)).toBe(code);
    expect(number('RHYTHM_COUNT') || Object.keys(rhythmCodes).length).toBe(7);
    const limit = /HOST_LOST_MS (\d+)UL/.exec(readFileSync(join(sourceFolder, 'panel.c'), 'utf8'));
    expect(Number(limit?.[1])).toBe(hostLostMs);
    for (const rhythm of rhythms) {
      const lit = Array.from({ length: 1_000 }, (_, ms) => isLit(rhythm, ms));
      expect(lit.filter(Boolean).length / 1_000).toBe(expectedTrace[rhythm].duty);
      expect(lit.filter((isOn, ms) => isOn && !lit.at(ms - 1)).length).toBe(expectedTrace[rhythm].hz);
    }
  });
});

describe('after power-up the chip', () => {
  it('lights every lamp and sounds the buzzer, then waits without green, and calls the host lost after two minutes', () => {
    const { chip } = new RawHost(newChip());
    chip.run(50);
    expect(chip.lit).toEqual(['ready', 'attention', 'c2', 'traffic']);
    expect(chip.isHigh('buzzer')).toBe(true);
    chip.run(lampTestMs - 100);
    expect(chip.lit).toEqual(['ready', 'attention', 'c2', 'traffic']);
    chip.run(100);
    expect(shown(chip)).toEqual(away);
    const buzzes = chip.edges.filter(({ part }) => part === 'buzzer');
    expect(buzzes.map(({ high }) => high)).toEqual([true, false]);
    expect((buzzes[1]?.ms ?? 0) - (buzzes[0]?.ms ?? 0)).toBeCloseTo(99, 0);
    chip.run(115_000);
    expect(shown(chip)).toEqual(away);
    chip.run(3_000);
    expect(shown(chip)).toEqual(lost);
  });

  it('takes a heartbeat in the middle of the lamp test', () => {
    const host = new RawHost(newChip());
    host.chip.run(200);
    host.heartbeat();
    expect(shown(host.chip)).toEqual(['steady', 'off', 'off', 'steady']);
  });
});

describe('a heartbeat', () => {
  it('gives each lamp each rhythm, at its rate and duty, none faster than 3 Hz', () => {
    const host = startedHost();
    for (const [index] of rhythms.entries()) {
      const lamps = Object.fromEntries(lampNames.map((lamp, place) => [lamp, rhythms[(index + place) % rhythms.length] ?? 'off']));
      host.heartbeat(lamps);
      const trace = traceAll(host.chip, 2_000);
      for (const lamp of lampNames) {
        const { hz, duty, shortestMs = 500 } = trace(lamp);
        expect({ lamp, rhythm: lamps[lamp], hz }).toEqual({ lamp, rhythm: lamps[lamp], hz: expectedTrace[lamps[lamp] as Rhythm].hz });
        expect(duty).toBeCloseTo(expectedTrace[lamps[lamp] as Rhythm].duty, 3);
        expect(hz).toBeLessThanOrEqual(3);
        expect(shortestMs).toBeGreaterThan(160);
      }
    }
  });

  it('makes turn and counterturn lamps take turns: one of them is lit at any time, never both', () => {
    const host = startedHost();
    host.heartbeat({ ready: 'off', attention: 'counterturn', c2: 'turn', traffic: 'off' });
    for (let sample = 0; sample < 300; sample++) {
      host.chip.run(7);
      expect(host.chip.lit.length).toBe(1);
    }
  });

  it('sets the brightness by PWM, faster than the eye, and never so low that a lamp looks dark', () => {
    const host = startedHost();
    for (const [brightness, duty] of [
      [1, 1],
      [0.5, 0.5],
      [0.1, 0.1],
      [0, 9 / 256],
    ] as const) {
      host.heartbeat({ attention: 'steady', c2: 'steady' }, { brightness });
      host.chip.run(10);
      const trace = traceAll(host.chip, 1_000);
      for (const lamp of lampNames) {
        expect(trace(lamp).duty).toBeGreaterThan(duty - 0.01);
        expect(trace(lamp).duty).toBeLessThan(duty + 0.01);
        if (brightness < 1) expect(trace(lamp).hz).toBeGreaterThan(200);
      }
    }
    host.heartbeat({ ready: 'blink' }, { brightness: 0.5 });
    expect(traceAll(host.chip, 2_000)('ready').duty).toBeCloseTo(0.25, 2);
  });

  it('holds for five seconds; then red and amber take turns, at full brightness, and green and white are dark', () => {
    const host = startedHost();
    host.heartbeat({}, { brightness: 0.1, buzzer: true });
    host.chip.run(hostLostMs - 30);
    const before = traceAll(host.chip, 20);
    expect(before('ready').duty).toBeGreaterThan(0);
    host.chip.run(20);
    host.chip.edges.length = 0;
    expect(shown(host.chip)).toEqual(lost);
    expect(host.chip.edges.filter(({ part }) => part === 'buzzer')).toEqual([]);
    host.heartbeat();
    expect(shown(host.chip)).toEqual(['steady', 'off', 'off', 'steady']);
  });

  it('is refused, and counted, when it is altered, cut, too long, of another version, of no rhythm, or sent twice', () => {
    const host = startedHost();
    const good = (seq: number) =>
      encodeHeartbeat({ seq, lamps: { ready: 'steady', attention: 'off', c2: 'off', traffic: 'off' }, buzzer: false, brightness: 1 });
    const bad: number[][] = [];
    for (let place = 1; place < good(1).length; place++)
      for (let bit = 0; bit < 7; bit++) bad.push(good(1).with(place, good(1)[place]! ^ (1 << bit)));
    for (let length = 1; length < good(1).length; length++) bad.push(good(1).slice(0, length));
    bad.push([...good(1), 0], [...good(1), ...good(1)]);
    for (const message of bad) host.sysex(message);
    expect(host.state).toBeUndefined();
    expect(host.chip.lit).not.toContain('ready');
    host.sysex(good(2));
    // The last is longer than any message for this chip: it is passed over, not refused.
    expect(host.state).toMatchObject({ phase: 'running', seq: 2, refused: (bad.length - 1) & 0x7f });
    for (let sent = 0; sent < 30; sent++) {
      host.sysex(good(2));
      host.chip.run(200);
    }
    expect(shown(host.chip)).toEqual(lost);
  });

  it('of a rhythm that does not exist changes nothing, even with the right check', () => {
    const host = startedHost();
    const lamps = { ready: 'steady', attention: 'off', c2: 'off', traffic: 'off' } as const;
    const codes = rhythmCodes as Record<string, number>;
    const before = codes.steady;
    codes.steady = 7;
    const message = encodeHeartbeat({ seq: 1, lamps, buzzer: false, brightness: 1 });
    codes.steady = before ?? 1;
    host.sysex(message);
    expect(host.state).toBeUndefined();
  });
});

describe('a planned stop', () => {
  it('shows that the host is away, for two minutes; then it is lost', () => {
    const host = startedHost();
    host.heartbeat({ c2: 'blink' }, { buzzer: true });
    host.plannedStop();
    expect(host.state?.phase).toBe('stopped');
    expect(shown(host.chip)).toEqual(away);
    host.chip.run(114_000);
    expect(shown(host.chip)).toEqual(away);
    host.chip.run(5_000);
    expect(shown(host.chip)).toEqual(lost);
    host.heartbeat();
    expect(shown(host.chip)).toEqual(['steady', 'off', 'off', 'steady']);
  });
});

describe('the buzzer', () => {
  const beeps = (host: RawHost, ms: number) => {
    let on = 0;
    for (let passed = 0; passed < ms; passed += 1_000) {
      host.heartbeat({ c2: 'blink' }, { buzzer: true });
      on += traceAll(host.chip, 990)('buzzer').duty > 0.1 ? 1 : 0;
    }
    return on;
  };

  it('beeps once a second while it is wanted, and only then', () => {
    const host = startedHost();
    host.heartbeat({}, { buzzer: true });
    const trace = traceAll(host.chip, 2_000)('buzzer');
    expect(trace.hz).toBe(1);
    expect(trace.duty).toBeCloseTo(0.15, 2);
    host.heartbeat({}, { buzzer: false });
    expect(traceAll(host.chip, 2_000)('buzzer').duty).toBe(0);
  });

  it('is mute from the moment of a press until the host no longer wants it, or for a minute', () => {
    const host = startedHost();
    expect(beeps(host, 3_000)).toBeGreaterThanOrEqual(2);
    host.chip.press(true);
    host.chip.run(100);
    host.chip.press(false);
    host.chip.run(100);
    expect(host.state).toMatchObject({ isMuted: true, press: 'short' });
    expect(beeps(host, 10_000)).toBe(0);
    host.heartbeat({}, { buzzer: false });
    expect(host.state?.isMuted).toBe(false);
    expect(beeps(host, 3_000)).toBeGreaterThanOrEqual(2);
    host.chip.press(true);
    host.chip.run(100);
    host.chip.press(false);
    expect(beeps(host, 55_000)).toBe(0);
    expect(beeps(host, 10_000)).toBeGreaterThanOrEqual(3);
  });
});

describe('the button', () => {
  it('counts one short press, however much it bounces', () => {
    const host = startedHost();
    const bounce = (last: boolean) => {
      for (let turn = 0; turn < 10; turn++) {
        host.chip.press(turn % 2 === 0);
        host.chip.run(1.5);
      }
      host.chip.press(last);
    };
    bounce(true);
    host.chip.run(200);
    expect(host.state).toMatchObject({ isDown: true, presses: 0 });
    bounce(false);
    host.chip.run(200);
    expect(host.state).toMatchObject({ isDown: false, presses: 1, press: 'short' });
  });

  it('does not hear a spike shorter than 20 ms', () => {
    const host = startedHost();
    host.chip.press(true);
    host.chip.run(15);
    host.chip.press(false);
    host.chip.run(100);
    expect(host.state).toBeUndefined();
  });

  it('held for three seconds lights every lamp, even beside a dead host, and counts as a test when released', () => {
    const host = startedHost();
    host.heartbeat();
    host.chip.run(6_000);
    host.chip.press(true);
    host.chip.run(2_900);
    expect(host.chip.lit.length).toBe(1);
    host.chip.run(200);
    expect(host.chip.lit).toEqual(['ready', 'attention', 'c2', 'traffic']);
    expect(host.state?.presses).toBe(0);
    host.chip.press(false);
    host.chip.run(100);
    expect(host.state).toMatchObject({ presses: 1, press: 'test' });
    expect(shown(host.chip)).toEqual(lost);
  });

  it('held for eight seconds calls for help at once, shows it on all lamps, and then gives the lamps back', () => {
    const host = startedHost();
    const hold = (ms: number) => {
      for (let passed = 0; passed < ms; passed += 1_000) {
        host.heartbeat();
        host.chip.run(990 - 10);
      }
    };
    host.chip.press(true);
    hold(8_500);
    expect(host.state).toMatchObject({ presses: 1, press: 'help', isDown: true });
    host.heartbeat();
    expect(rhythmOf(traceAll(host.chip, 1_000)('ready'))).toBe('pulse');
    hold(3_000);
    expect(shown(host.chip)).toEqual(['steady', 'off', 'off', 'steady']);
    host.chip.press(false);
    host.chip.run(100);
    expect(host.state).toMatchObject({ presses: 1, press: 'help', isDown: false });
  });

  it('that is stuck is told, and covers nothing', () => {
    const host = startedHost();
    host.chip.press(true);
    // Longer than its count of milliseconds has room for.
    for (let second = 0; second < 70; second++) {
      host.heartbeat();
      host.chip.run(980);
    }
    expect(host.state).toMatchObject({ isStuck: true, presses: 1 });
    host.heartbeat();
    expect(shown(host.chip)).toEqual(['steady', 'off', 'off', 'steady']);
  });
});

describe('on a line full of noise the chip', () => {
  it('falls to "host lost" in time through 100,000 bytes of noise, keeps its rhythm, is never reset, and recovers at the next heartbeat', () => {
    const host = startedHost();
    host.heartbeat();
    const noise = randomBytes(100_000, 20_260_120);
    // Every seventh byte begins a message of ours: the worst noise is the one that looks right.
    for (let place = 0; place + 2 < noise.length; place += 7)
      noise.set([startSysex, place % 14 === 0 ? 0x01 : 0x02, protocolVersion], place);
    host.chip.receive(noise);
    host.chip.run(hostLostMs - 20);
    expect(host.chip.lit).toContain('ready');
    host.chip.run(40);
    for (let second = 0; second < 10; second += 2) expect(shown(host.chip)).toEqual(lost);
    while (!host.chip.isLineSilent) host.chip.run(100);
    expect(shown(host.chip)).toEqual(lost);
    host.heartbeat();
    expect(shown(host.chip)).toEqual(['steady', 'off', 'off', 'steady']);
    expect(host.chip.resets).toBe(0);
  });

  it('still hears a heartbeat behind any beginning of a message', () => {
    const host = startedHost();
    for (const rubbish of [
      [startSysex],
      [startSysex, 0x01, 1, 5],
      [0xe5],
      [0x90, 1],
      [0xf4, 5],
      [0xff],
      [endSysex],
      [startSysex, ...randomBytes(500, 3).map((byte) => byte & 0x7f)],
    ]) {
      host.send(rubbish);
      host.heartbeat();
      expect(host.state).toMatchObject({ phase: 'running', seq: host.seq });
    }
  });

  it('answers what it can of a flood of questions, and hears the heartbeats between them', () => {
    const host = startedHost();
    const questions = Array.from({ length: 60 }, () => [startSysex, 0x6b, endSysex, startSysex, 0x79, endSysex, 0xf9]).flat();
    for (let round = 0; round < 10; round++) {
      host.chip.receive(questions);
      host.heartbeat();
    }
    // Heartbeats so dense that their answers find no room either.
    const lamps = { ready: 'steady', attention: 'off', c2: 'off', traffic: 'off' } as const;
    for (let seq = 20; seq < 100; seq++) {
      host.chip.receive([startSysex, 0x6b, endSysex, startSysex]);
      host.chip.receive([...encodeHeartbeat({ seq, lamps, buzzer: false, brightness: 1 }), endSysex]);
    }
    while (!host.chip.isLineSilent) host.chip.run(10);
    host.chip.run(100);
    host.heartbeat();
    expect(host.state).toMatchObject({ phase: 'running', seq: host.seq });
    expect(host.chip.resets).toBe(0);
    // Whatever was answered was answered whole.
    const count = (byte: number) => host.heard.filter((heard) => heard === byte).length;
    expect(count(startSysex)).toBe(count(endSysex));
    for (const message of host.messages) expect([0x03, 0x6c, 0x79]).toContain(message[0]);
  });
});

describe("the chip's own watchdog", () => {
  it.each(['main', 'clock'] as const)(
    'resets a chip whose %s stands still within half a second; it shows no green until the host is heard',
    (what) => {
      const host = startedHost();
      host.heartbeat();
      host.chip.run(1_000);
      host.chip.hang(what);
      host.chip.run(500);
      expect(host.chip.resets).toBe(1);
      host.chip.edges.length = 0;
      expect(shown(host.chip)).toEqual(away);
      host.chip.run(3_000);
      expect(shown(host.chip)).toEqual(lost);
      expect(host.chip.edges.some(({ part, high }) => part === 'ready' && high)).toBe(false);
      host.heartbeat();
      expect(host.state).toMatchObject({ phase: 'running', resets: 1, cause: resetCauses.watchdog });
      expect(shown(host.chip)).toEqual(['steady', 'off', 'off', 'steady']);
    },
  );

  it('leaves a chip alone that works', () => {
    const host = startedHost();
    for (let second = 0; second < 20; second++) {
      host.heartbeat();
      host.chip.run(980);
    }
    expect(host.chip.resets).toBe(0);
  });

  it('tells power-up from a reset: no lamp test, and no long wait, after the reset pin', () => {
    const host = startedHost();
    host.heartbeat();
    host.chip.reset(resetCauses.pin);
    host.chip.run(20);
    expect(host.chip.lit).not.toContain('ready');
    host.chip.run(hostLostMs);
    expect(shown(host.chip)).toEqual(lost);
    host.chip.powerCycle();
    host.chip.run(50);
    expect(host.chip.lit).toEqual(['ready', 'attention', 'c2', 'traffic']);
  });
});

describe('plain Firmata', () => {
  it('announces itself at the start, as a Firmata board does', () => {
    const host = startedHost();
    expect(host.heard.slice(0, 3)).toEqual([0xf9, 2, 6]);
    const [id, major, minor, ...letters] = host.messages[0] ?? [];
    expect([id, major, minor]).toEqual([0x79, 1, 0]);
    expect(String.fromCharCode(...letters.filter((_, index) => index % 2 === 0))).toBe('vonggac-panel');
  });

  it('lights no lamp without a heartbeat, and with one only a lamp that it hands over', () => {
    const host = startedHost();
    const write = (pin: number, level: number) => host.send([0xf4, pin, 0x03, 0xe0 | pin, level & 0x7f, level >> 7]);
    for (const pin of [5, 6, 9, 10]) write(pin, 255);
    host.send([0x90, 0x7f, 0x01, 0x91, 0x7f, 0x01]);
    expect(shown(host.chip)).toEqual(away);
    host.heartbeat({ ready: 'off', c2: 'direct', traffic: 'off' });
    expect(shown(host.chip)).toEqual(['off', 'off', 'steady', 'off']);
    write(9, 128);
    expect(traceAll(host.chip, 1_000)('c2').duty).toBeCloseTo(0.5, 1);
    host.chip.run(hostLostMs);
    expect(shown(host.chip)).toEqual(lost);
  });
});
