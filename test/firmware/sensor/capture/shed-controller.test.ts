import { describe, expect, it } from 'vitest';
import { CALM_MS_MAX, CALM_MS_MIN, ShedController } from '../../../../firmware/sensor/capture/shed-controller.ts';

/** Plays a kernel: so many frames a second, of which a share is dropped. */
class Kernel {
  readonly controller = new ShedController();
  nowMs = 1000;
  offered = 0;
  dropped = 0;

  /** Returns the mode after so many seconds. */
  run(seconds: number, dropShare: number, perSecond = 10_000): string {
    for (let second = 0; second < seconds; second++) {
      this.nowMs += 1000;
      this.offered += perSecond;
      this.dropped += perSecond * dropShare;
      this.controller.sample(this, this.nowMs);
    }
    return this.controller.mode;
  }
}

describe('the shed controller', () => {
  it('sheds when more than a tenth of a percent is dropped over ten seconds, and not sooner', () => {
    const kernel = new Kernel();
    expect(kernel.run(10, 0.01)).toBe('normal');
    expect(kernel.run(1, 0.01)).toBe('shed');
  });

  it('bears a tenth of a percent, and a short burst in a calm minute', () => {
    const kernel = new Kernel();
    expect(kernel.run(120, 0.0009)).toBe('normal');
    expect(kernel.run(1, 0.0015)).toBe('normal');
    expect(kernel.run(60, 0)).toBe('normal');
  });

  it('does not shed on a silent interface', () => {
    expect(new Kernel().run(600, 0, 0)).toBe('normal');
  });

  it('goes back after a minute of calm', () => {
    const kernel = new Kernel();
    kernel.run(11, 0.01);
    expect(kernel.run(CALM_MS_MIN / 1000 - 1, 0)).toBe('shed');
    expect(kernel.run(1, 0)).toBe('normal');
  });

  it('counts calm from the last drops', () => {
    const kernel = new Kernel();
    kernel.run(11, 0.01);
    kernel.run(50, 0);
    kernel.run(5, 0.01);
    expect(kernel.run(CALM_MS_MIN / 1000 - 1, 0)).toBe('shed');
    expect(kernel.run(12, 0)).toBe('normal');
  });

  it('waits longer each time the load comes back, up to a bound', () => {
    const kernel = new Kernel();
    const waits: number[] = [];
    for (let round = 0; round < 8; round++) {
      expect(kernel.run(12, 0.02)).toBe('shed');
      waits.push(kernel.controller.calmMs);
      expect(kernel.run(kernel.controller.calmMs / 1000 + 12, 0)).toBe('normal');
    }
    expect(waits.slice(0, 3)).toEqual([CALM_MS_MIN, 2 * CALM_MS_MIN, 4 * CALM_MS_MIN]);
    expect(waits.at(-1)).toBe(CALM_MS_MAX);
  });

  it('forgets after a long peace', () => {
    const kernel = new Kernel();
    for (let round = 0; round < 3; round++) {
      kernel.run(12, 0.02);
      kernel.run(kernel.controller.calmMs / 1000 + 12, 0);
    }
    kernel.run(1000, 0);
    kernel.run(12, 0.02);
    expect(kernel.controller.calmMs).toBe(CALM_MS_MIN);
  });

  it('is not moved by how often it is asked', () => {
    const kernel = new Kernel();
    for (let call = 0; call < 100_000; call++) kernel.controller.sample({ offered: call, dropped: call }, 1000 + call / 1000);
    expect(kernel.controller.mode).toBe('normal');
  });
});
