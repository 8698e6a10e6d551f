import { describe, expect, it } from 'vitest';
import { display } from '../../../../firmware/agent/panel/display.ts';
import { hostAway, hostLost } from '../../../../firmware/agent/panel/host-patterns.ts';
import { explainDisplay, meaningOf, rhythmTitles } from '../../../../firmware/agent/panel/lamp-words.ts';
import { demoStates } from '../../../../firmware/command/panel/demo-states.ts';

const displays = [...demoStates.map(({ at }) => display(at(Date.now()))), hostLost, hostAway];

describe('the lamps in words', () => {
  it('have a meaning for every rhythm that a display gives to a lamp, in both languages', () => {
    for (const { lamps } of displays) {
      for (const lamp of ['ready', 'attention', 'c2', 'traffic'] as const) {
        const words = meaningOf(lamp, lamps[lamp]);
        expect(words).not.toBe(rhythmTitles[lamps[lamp]]);
        expect(words.vi.length > 10 && words.en.length > 10 && words.vi !== words.en).toBe(true);
      }
    }
  });

  it('say why READY is dark', () => {
    for (const shown of displays) {
      const lines = explainDisplay(shown, 'en');
      expect(lines.some((line) => line.startsWith('- '))).toBe(shown.lamps.ready === 'off');
    }
  });

  it('claim nothing of a box that is lost', () => {
    const text = explainDisplay(hostLost, 'en').join('\n');
    expect(text).toContain('TRAFFIC (white): dark.\n');
    expect(text).not.toContain('No machine was seen');
    expect(text).not.toContain('No packets');
  });
});
