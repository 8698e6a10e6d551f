/**
 * The driver, the real serialport, firmata-io and johnny-five, a pseudo-terminal, and the real program on an emulated chip: what an officer sees
 * on the pins for every display, and what becomes of the lamps when anything between dies.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { hostLostMs } from '../../../../firmware/agent/panel/chip-protocol.ts';
import { type Display, display, lampNames, type PanelState } from '../../../../firmware/agent/panel/display.ts';
import { FirmataPanel } from '../../../../firmware/agent/panel/firmata-panel.ts';
import { hostAway, hostLost } from '../../../../firmware/agent/panel/host-patterns.ts';
import { judgementAgeMaxMs, type Press } from '../../../../firmware/agent/panel/panel-driver.ts';
import { demoStates } from '../../../../firmware/command/panel/demo-states.ts';
import { type ChipProgram, compileChip } from '../../panel-chip/chip-program.ts';
import { resetCauses } from '../../panel-chip/emulated-chip.ts';
import { randomBytes } from '../../panel-chip/raw-host.ts';
import { healthOf, sampleMs } from './health-sample.ts';
import { PanelBench } from './panel-bench.ts';

/** The right lamps by then, counted from the last heartbeat. */
const fallenMs = hostLostMs + 2_000;
const well: Display = { lamps: { ready: 'steady', attention: 'off', c2: 'off', traffic: 'pulse' }, buzzer: false, faults: [] };

/** The machine that tests may be busy with other things. */
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let program: ChipProgram;
let bench: PanelBench;
let presses: Press[];
let said: string[];
const closing: (() => Promise<void> | void)[] = [];

beforeAll(async () => {
  program = await compileChip();
});
beforeEach(async () => {
  bench = new PanelBench(program);
  presses = [];
  said = [];
  await bench.cable.plug();
});
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
  await bench.close();
});

/** What turns up on the pins for a display: counterturn looks like turn on one pin. */
const seenOf = ({ lamps, buzzer }: Display) => ({
  lamps: lampNames.map((lamp) => (lamps[lamp] === 'counterturn' ? 'turn' : lamps[lamp])),
  buzzer,
});
const lost = seenOf(hostLost);

function newPanel(): FirmataPanel {
  const log = { info: (_: object, text: string) => said.push(text), warn: ({ reason }: { reason?: unknown }) => said.push(String(reason)) };
  const panel = new FirmataPanel({ path: bench.cable.path, onPress: (press) => presses.push(press), log });
  closing.push(() => panel.close(false));
  return panel;
}

const show = (panel: FirmataPanel, shown: Display, brightness = 1) =>
  panel.show({ display: shown, judgedAtMs: performance.now(), brightness });

/** Judges and shows ten times a second until the returned function is called. */
function judging(panel: FirmataPanel, shown: Display = well): () => void {
  show(panel, shown);
  const timer = setInterval(() => show(panel, shown), 100);
  const stop = () => clearInterval(timer);
  closing.push(stop);
  return stop;
}

/** A panel that shows `well`, and keeps being judged. */
async function connected(): Promise<{ panel: FirmataPanel; stop: () => void }> {
  const panel = newPanel();
  const stop = judging(panel);
  await bench.until(() => panel.state.connected, 'the panel to be connected');
  return { panel, stop };
}

async function settles(shown: Display, what: string): Promise<void> {
  await bench.until(() => {
    const { chip } = bench;
    return chip.isHigh('ready') === (shown.lamps.ready === 'steady') && chip.isLineSilent;
  }, what);
}

describe('the panel with its chip', () => {
  it('shows every row of the table of displays, at its rate and duty, and the buzzer', async () => {
    const panel = newPanel();
    const none = { open: 0, new: 0 };
    const { capture, interval } = healthOf();
    const silent = { ...interval, packets: 0 };
    const base: PanelState = { nowMs: sampleMs, online: true, health: healthOf(), attempts: none, contacts: none };
    const healths = [
      healthOf(),
      healthOf({ capture: { ...capture, shedding: true } }),
      healthOf({ quietSeconds: 99, interval: silent }),
      healthOf({ capture: { ...capture, packets: 0 }, interval: silent }),
      undefined,
    ];
    const counts = [none, { open: 1, new: 1 }, { open: 1, new: 0 }];
    const states = [
      ...healths.flatMap((health) => counts.flatMap((attempts) => counts.map((contacts) => ({ ...base, health, attempts, contacts })))),
      ...demoStates.map(({ at }) => at(sampleMs)),
    ];
    const displays = new Map(states.map((state) => display(state)).map((shown) => [JSON.stringify([shown.lamps, shown.buzzer]), shown]));
    expect(displays.size).toBeGreaterThan(20);
    show(panel, well);
    await bench.until(() => panel.state.chip !== undefined, 'the first state');
    for (const shown of displays.values()) {
      show(panel, shown);
      await bench.until(() => bench.hasHeard(shown), 'the heartbeat', { speed: 4 });
      bench.runAlone(10);
      expect(bench.look()).toEqual(seenOf(shown));
    }
  });

  it('sets the brightness', async () => {
    const { panel, stop } = await connected();
    stop();
    show(panel, well, 0.25);
    await bench.play(50);
    const edges = bench.chip.edges.length;
    bench.runAlone(1_000);
    const own = bench.chip.edges.slice(edges).filter(({ part }) => part === 'ready');
    const onMs = own.reduce((sum, { high, ms }, index) => (high || index === 0 ? sum : sum + ms - (own[index - 1]?.ms ?? ms)), 0);
    expect(own.length).toBeGreaterThan(400);
    expect(onMs / 1_000).toBeCloseTo(0.25, 1);
  });

  it('tells short, three-second and eight-second presses, each once', async () => {
    const { stop } = await connected();
    const hold = async (ms: number) => {
      bench.chip.press(true);
      const untilMs = bench.chip.nowMs + ms;
      await bench.until(() => bench.chip.nowMs >= untilMs, 'the press', { speed: 8 });
      bench.chip.press(false);
      await bench.play(60, 4);
    };
    /** The host may be busy with other work; more than this never comes. */
    const told = async (...wanted: string[]) => {
      await bench.until(() => presses.length >= wanted.length, `press ${wanted.length}`);
      expect(presses).toEqual(wanted);
    };
    await hold(300);
    await told('acknowledge');
    await hold(4_000);
    await told('acknowledge', 'self-test');
    await hold(8_500);
    await told('acknowledge', 'self-test', 'help');
    stop();
  });

  it('tells of a press whose message was lost on the way, with the next one', async () => {
    const { panel, stop } = await connected();
    stop();
    await bench.play(30);
    const { onSent } = bench.chip;
    bench.chip.onSent = () => undefined;
    bench.chip.press(true);
    bench.runAlone(200);
    bench.chip.press(false);
    bench.runAlone(200);
    bench.chip.onSent = onSent;
    expect(presses).toEqual([]);
    judging(panel);
    await bench.until(() => presses.length > 0, 'the press');
    expect(presses).toEqual(['acknowledge']);
  });

  it('does not take presses for new that came before it was connected', async () => {
    bench.runAlone(2_000);
    bench.chip.press(true);
    bench.runAlone(200);
    bench.chip.press(false);
    bench.runAlone(200);
    await connected();
    await bench.play(300);
    expect(presses).toEqual([]);
  });

  it('says what it shows, and what the chip says of itself', async () => {
    const { panel } = await connected();
    expect(panel.state).toEqual({
      connected: true,
      losses: 0,
      stale: 0,
      chip: { firmware: '1.0', phase: 'running', resets: 0, refused: 0, buttonStuck: false },
    });
  });
});

describe('the heartbeat', () => {
  it('leaves only with a fresh judgement: no show, no heartbeat; an old judgement, no heartbeat', async () => {
    const { panel, stop } = await connected();
    stop();
    await bench.play(100);
    const before = bench.sent.length;
    await bench.play(500);
    expect(panel.show({ display: well, judgedAtMs: performance.now() - judgementAgeMaxMs - 1, brightness: 1 })).toBe(false);
    expect(panel.show({ display: well, judgedAtMs: Number.NaN, brightness: 1 })).toBe(false);
    await bench.play(300);
    expect(bench.sent.length).toBe(before);
    expect(panel.state.stale).toBe(2);
    bench.runAlone(fallenMs);
    expect(bench.look()).toEqual(lost);
  });

  it('is not sent on connecting where the last judgement has grown old meanwhile', async () => {
    await bench.cable.pull();
    const panel = newPanel();
    show(panel, well);
    await bench.play(judgementAgeMaxMs + 100);
    await bench.cable.plug();
    await bench.play(2_500);
    expect(panel.state.connected).toBe(false);
    expect(bench.sent.length).toBeGreaterThan(0);
    expect(bench.chip.isHigh('ready')).toBe(false);
    show(panel, well);
    await bench.until(() => panel.state.connected, 'the panel to be connected');
  });

  it('gives way to a planned stop, which is no fault', async () => {
    const { panel, stop } = await connected();
    stop();
    await panel.close(true);
    await bench.play(100);
    expect(bench.look()).toEqual(seenOf(hostAway));
  });
});

/** A process of its own that judges and shows. */
async function startHost(judgeEveryMs = 200) {
  const script = fileURLToPath(new URL('panel-host.ts', import.meta.url));
  const host = spawn(process.execPath, [script, bench.cable.path, String(judgeEveryMs)], { stdio: ['pipe', 'pipe', 'inherit'] });
  closing.push(() => stopHost(host));
  let said = '';
  host.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  await bench.until(() => said.includes('connected'), 'the host to connect');
  await settles(well, 'the lamps of a box that is well');
  const ask = async (word: string): Promise<number[]> => {
    said = '';
    host.stdin.write(word);
    await bench.until(() => said.endsWith('\n'), 'the answer of the host');
    return said.split(' ').map(Number);
  };
  return { host, ask };
}

async function stopHost(host: ChildProcess): Promise<void> {
  if (host.exitCode !== null || host.signalCode !== null) return;
  const ended = once(host, 'exit');
  host.kill('SIGKILL');
  await ended;
}

it('costs the agent at most 1 % of a core', async () => {
  // Fifty a second for three seconds, since the CPU of one cannot be measured. The agent sends one a second.
  const { ask } = await startHost(20);
  const [cpuBefore = 0, shownBefore = 0] = await ask('cpu');
  await bench.play(3_000);
  const [cpuAfter = 0, shownAfter = 0] = await ask('cpu');
  const cpuOfOneMicroseconds = (cpuAfter - cpuBefore) / (shownAfter - shownBefore);
  expect(shownAfter - shownBefore).toBeGreaterThan(50);
  expect(cpuOfOneMicroseconds).toBeLessThan(10_000);
});

describe('the lamps fall to "host lost", and rise again without a restart, when', () => {
  /** The last that was on its way arrives; then the chip's clock alone goes on. */
  const falls = async () => {
    await bench.play(20);
    expect(bench.chip.isHigh('ready')).toBe(true);
    // Up to half a second has passed since the last heartbeat, by the way the host was stopped.
    bench.runAlone(hostLostMs - 1_000);
    expect(bench.chip.isHigh('ready')).toBe(true);
    bench.runAlone(3_000);
    expect(bench.look()).toEqual(lost);
  };

  it('the agent is killed', async () => {
    const { host } = await startHost();
    await stopHost(host);
    await falls();
    await startHost();
    expect(bench.look()).toEqual(seenOf(well));
  });

  it('the agent is stopped, and goes on later', async () => {
    const { host } = await startHost();
    host.kill('SIGSTOP');
    await falls();
    host.kill('SIGCONT');
    await settles(well, 'the lamps to rise again');
    expect(bench.look()).toEqual(seenOf(well));
  });

  it("the agent's event loop is blocked", async () => {
    const { host } = await startHost();
    host.stdin.write(`block ${bench.file('go-on')}`);
    await bench.play(300);
    await falls();
    writeFileSync(bench.file('go-on'), '');
    await settles(well, 'the lamps to rise again');
    expect(bench.look()).toEqual(seenOf(well));
  });

  it('the cable is pulled', async () => {
    const { panel } = await connected();
    await bench.cable.pull();
    await falls();
    await bench.until(() => !panel.state.connected, 'the driver to notice');
    await bench.play(300);
    expect(panel.state.reason).toMatch(/cannot open/);
    await bench.cable.plug();
    await bench.until(() => panel.state.connected, 'the panel to be connected again');
    expect(bench.look()).toEqual(seenOf(well));
    expect(panel.state.losses).toBe(1);
    const connectedText = 'the panel is connected';
    expect(said).toEqual([connectedText, 'unplugged', `No such file or directory, cannot open ${bench.cable.path}`, connectedText]);
  });

  it('the panel loses its power, and comes back', async () => {
    const { panel } = await connected();
    await bench.cable.pull();
    await bench.until(() => !panel.state.connected, 'the loss to be noticed');
    bench.chip.powerCycle();
    bench.runAlone(100);
    expect(bench.chip.lit.length).toBe(4);
    await bench.cable.plug();
    await bench.until(() => panel.state.connected, 'the panel to be connected again');
    await bench.play(100);
    expect(bench.look()).toEqual(seenOf(well));
  });

  it.each(['main', 'clock'] as const)("the chip's %s hangs: its watchdog resets it, and the display comes back", async (what) => {
    const { panel } = await connected();
    bench.chip.hang(what);
    bench.runAlone(500);
    expect(bench.chip.resets).toBe(1);
    expect(bench.chip.isHigh('ready')).toBe(false);
    await settles(well, 'the lamps to rise again');
    await bench.until(() => panel.state.chip?.resets === 1, 'the reset to be told');
    expect(bench.look()).toEqual(seenOf(well));
  });

  it('the chip is reset, and hears the display again at once', async () => {
    const { panel, stop } = await connected();
    stop();
    show(panel, well);
    await bench.play(30);
    bench.chip.reset(resetCauses.pin);
    // Nobody judges any more: it is the judgement of a moment ago that is sent again.
    await bench.until(() => bench.chip.isHigh('ready'), 'the lamps to rise again', { timeoutMs: judgementAgeMaxMs });
    bench.runAlone(fallenMs);
    expect(bench.look()).toEqual(lost);
    show(panel, well);
    await settles(well, 'the lamps to rise again');
  });

  it('100,000 bytes of noise are on the line to the chip', async () => {
    const { panel } = await connected();
    bench.chip.receive(randomBytes(100_000, 99));
    bench.runAlone(fallenMs);
    expect(bench.look()).toEqual(lost);
    while (!bench.chip.isLineSilent) bench.runAlone(100);
    await settles(well, 'the lamps to rise again');
    await bench.until(() => panel.state.connected, 'the panel to be connected');
    expect(bench.look()).toEqual(seenOf(well));
    expect(presses).toEqual([]);
  });

  it('100,000 bytes of noise are on the line to the host: it throws nothing, hears no press, and recovers', async () => {
    const { panel } = await connected();
    for (let part = 0; part < 50; part++) {
      bench.cable.send(randomBytes(2_000, part + 1));
      await bench.play(10);
    }
    await bench.until(() => panel.state.connected && bench.chip.isLineSilent, 'the panel to be connected');
    await settles(well, 'the lamps to rise again');
    await bench.play(300);
    expect(bench.look()).toEqual(seenOf(well));
    expect(presses).toEqual([]);
  });

  it('answers come that no board would send: it throws nothing, keeps no endless message, and recovers', async () => {
    const { panel } = await connected();
    const sysex = (...bytes: number[]) => Uint8Array.from([0xf0, ...bytes, 0xf7]);
    const hostile = [
      sysex(0x79),
      sysex(0x6a, ...Array.from({ length: 100 }, () => 0)),
      sysex(0x6e, 0x7f, 1, 1),
      sysex(0x6c, 0x7f),
      sysex(0x73, 0x43),
      sysex(),
      Uint8Array.from([0xf0, 0x03, ...Array.from({ length: 20_000 }, () => 1)]),
      sysex(0x03, 1, 2, 3),
    ];
    for (const bytes of hostile) {
      bench.cable.send(bytes);
      await bench.play(150);
      expect(panel.state.connected).toBe(true);
    }
    await settles(well, 'the lamps of a box that is well');
    expect(presses).toEqual([]);
    expect(panel.state.losses).toBe(0);
  });

  it('the chip falls silent on an open line: the driver takes another connection', async () => {
    const { panel } = await connected();
    const { onSent } = bench.chip;
    bench.chip.onSent = () => undefined;
    await bench.until(() => panel.state.reason === 'the panel does not answer', 'the driver to notice');
    bench.chip.onSent = onSent;
    await bench.until(() => panel.state.connected, 'the panel to be connected again');
    await settles(well, 'the lamps to rise again');
  });
});
