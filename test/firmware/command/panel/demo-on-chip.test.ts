/** `vonggac panel demo` on the panel itself: the real program on an emulated chip, behind the real serialport. */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { display } from '../../../../firmware/agent/panel/display.ts';
import { runDemo } from '../../../../firmware/command/panel/demo.ts';
import { demoStates } from '../../../../firmware/command/panel/demo-states.ts';
import { PanelBench } from '../../agent/panel/panel-bench.ts';
import { compileChip } from '../../panel-chip/chip-program.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

describe('panel demo on the panel', () => {
  let bench: PanelBench;
  beforeAll(async () => {
    bench = new PanelBench(await compileChip());
    await bench.cable.plug();
  });
  afterAll(() => bench.close());

  it('shows every state on the lamps, tells of the button, and lets the lamps fall by themselves at the end', async () => {
    let text = '';
    let isOver = false;
    const shown = new Set<string>();
    const demo = runDemo({
      options: { driver: 'firmata', port: bench.cable.path, leds: {} },
      lang: 'en',
      seconds: 0.3,
      output: { write: (part) => (text += part) },
      signal: new AbortController().signal,
    }).finally(() => {
      isOver = true;
    });
    const states = demoStates.map(({ at }) => display(at(Date.now())));
    const says = (words: string) => () => {
      for (const state of states) if (bench.hasHeard(state)) shown.add(JSON.stringify(state.lamps));
      return text.includes(words);
    };
    await bench.until(says('\n3. '), 'the third state');
    bench.chip.press(true);
    await bench.play(100);
    bench.chip.press(false);
    await bench.until(says('The software falls silent'), 'the silence');
    expect(text).toContain('>>> Button: short (acknowledge)');
    for (const { lamps } of states) expect([...shown]).toContain(JSON.stringify(lamps));
    await bench.play(5_200);
    for (let sample = 0; sample < 10; sample++) {
      await bench.play(20);
      expect([['attention'], ['c2']]).toContainEqual(bench.chip.lit);
    }
    await bench.until(() => isOver, 'the end');
    await demo;
    await bench.play(100);
    expect(bench.look().lamps).toEqual(['off', 'pulse', 'off', 'off']);
  });
});
