import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { Rollout, type RolloutOrder, type RolloutResult } from '../../../centre/rollout/rollout.ts';
import { faultOfPercents, planWaves } from '../../../centre/rollout/rollout-plan.ts';
import type { IntelligenceReported, Release } from '../../../firmware/contract/intelligence-message.ts';

const release: Release = { channel: 'main', version: 7, sha256: 'ab'.repeat(32) };
const boxes = Array.from({ length: 250 }, (_, index) => `box-${String(index).padStart(3, '0')}`);
const percents = [1, 10, 50, 100];
/** A twentieth of them. */
const isBroken = (box: string) => Number(box.slice(-3)) % 20 === 7;

type Behaviour = (box: string) => 'good' | 'fails' | 'rolls-back' | 'silent';

interface Setting extends Partial<RolloutOrder> {
  boxes?: readonly string[];
  overMs?: number;
  behaviour?: Behaviour;
}

/** Boxes that fetch for some milliseconds and then say what came of it. */
function begin({ boxes: members = boxes, overMs = 400, behaviour = () => 'good', ...more }: Setting = {}) {
  const armed: string[] = [];
  const rollout: Rollout = new Rollout({
    release,
    waves: planWaves(members, release, percents, overMs),
    reportWithinMs: 2_000,
    arm: async (wave) => {
      armed.push(...wave);
      for (const box of wave) simulate(box, behaviour(box));
    },
    ...more,
  });
  const say = (box: string, said: Partial<IntelligenceReported>) =>
    rollout.hear(box, { schema: 'intel-reported/1', box, ts: '', wanted: release, state: 'fetching', ...said });
  const simulate = (box: string, how: ReturnType<Behaviour>) => {
    if (how === 'silent') return;
    const delayMs = createHash('sha256').update(box).digest().readUInt8() / 4;
    say(box, { state: 'fetching' });
    setTimeout(() => say(box, { state: 'testing' }), delayMs);
    setTimeout(() => {
      if (how === 'fails') say(box, { state: 'failed', code: 'damaged', reason: 'no such set' });
      else say(box, { state: 'armed', running: release });
      if (how === 'rolls-back') setTimeout(() => say(box, { state: 'rolled_back', code: 'storm' }), 30);
    }, delayMs + 20);
  };
  return { rollout, armed, say };
}

const sum = ({ counts }: RolloutResult) => Object.values(counts).reduce((total, count) => total + count, 0);

describe('the plan', () => {
  test('is the same for the same boxes and release, another one for another release, and has every box once', () => {
    const plan = planWaves(boxes, release, percents, 60_000);
    expect(planWaves([...boxes].reverse(), release, percents, 60_000)).toEqual(plan);
    expect(planWaves(boxes, { ...release, sha256: 'cd'.repeat(32) }, percents, 60_000)).not.toEqual(plan);
    expect(plan.flatMap((wave) => wave.boxes).sort()).toEqual(boxes);
    expect(plan.map((wave) => wave.boxes.length)).toEqual([3, 22, 100, 125]);
    expect(plan.map(({ startsAtMs, spreadMs }) => [startsAtMs, spreadMs])).toEqual([0, 1, 2, 3].map((wave) => [wave * 15_000, 15_000]));
  });

  test('of a few boxes begins with one', () => {
    expect(planWaves(boxes.slice(0, 3), release, percents, 1000).map((wave) => wave.boxes.length)).toEqual([1, 1, 1]);
    expect(planWaves([], release, percents, 1000)).toEqual([]);
  });

  test('is refused where the shares do not rise to 100', () => {
    expect(faultOfPercents(percents)).toBeUndefined();
    for (const wrong of [[], [1, 10], [10, 10, 100], [0, 100], [50, 20, 100], [101]]) expect(faultOfPercents(wrong)).toBeTypeOf('string');
  });
});

describe('a rollout', () => {
  test('of a good release arms every box, no later than twice the time given', async () => {
    const { rollout, armed } = begin();
    const result = await rollout.run();
    expect(result).toMatchObject({ outcome: 'done', wave: 4, failed: [], counts: { armed: 250, untouched: 0 } });
    expect(armed.length).toBe(250);
    expect(result.ms).toBeLessThan(2 * 400 + 1_000);
  });

  test('stops by itself where 5 % of the boxes fail, and leaves the rest untouched', async () => {
    const { rollout, armed } = begin({ boxes: boxes.slice(0, 200), behaviour: (box) => (isBroken(box) ? 'fails' : 'good'), overMs: 1_200 });
    const result = await rollout.run();
    expect(result.outcome).toBe('stopped');
    expect(result.counts.untouched).toBeGreaterThanOrEqual(20);
    expect(armed.length).toBe(200 - result.counts.untouched);
    expect(sum(result)).toBe(200);
    expect(result.failed.length).toBeGreaterThan(0);
    expect(result.failed.every(({ box }) => isBroken(box))).toBe(true);
    expect(result.failed[0]?.reason).toBe('failed: damaged: no such set');
  });

  test('stops where boxes give the release back, or say nothing', async () => {
    for (const how of ['rolls-back', 'silent'] as const) {
      const { rollout } = begin({ behaviour: (box) => (isBroken(box) ? how : 'good'), reportWithinMs: 200, overMs: 2_000 });
      const result = await rollout.run();
      expect([result.outcome, result.counts.untouched > 0], how).toEqual(['stopped', true]);
    }
  });

  test('does not stop for one box in a hundred, nor for boxes that are away', async () => {
    const plan = planWaves(boxes, release, percents, 100);
    const [late = ''] = plan[3]?.boxes ?? [];
    const away = new Set(plan.flatMap((wave) => wave.boxes.slice(0, 2)).filter((box) => box !== late));
    const behaviour: Behaviour = (box) => (box === late ? 'fails' : away.has(box) ? 'silent' : 'good');
    const { rollout } = begin({ behaviour, overMs: 100, isAway: (box) => away.has(box) });
    expect(await rollout.run()).toMatchObject({ outcome: 'done', counts: { away: away.size, failed: 1, armed: 249 - away.size } });
  });

  test('does not begin a wave while a box of the one before is still at it', async () => {
    const slow = planWaves(boxes, release, percents, 0)[0]?.boxes[0] ?? '';
    const { rollout, armed, say } = begin({ overMs: 0, behaviour: (box) => (box === slow ? 'silent' : 'good') });
    const running = rollout.run();
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(armed.length).toBe(3);
    say(slow, { state: 'armed', running: release });
    expect((await running).outcome).toBe('done');
  });

  test('goes on where it was: what was armed is not armed again, and what became of it is heard', async () => {
    const controller = new AbortController();
    const saved: string[] = [];
    const first = begin({ onArm: (wave) => void saved.push(...wave), onProgress: ({ wave }) => wave === 2 && controller.abort() });
    const interrupted = await first.rollout.run(controller.signal);
    expect(interrupted.outcome).toBe('interrupted');
    expect(interrupted.counts.untouched).toBe(250 - saved.length);
    expect(saved.length).toBeLessThanOrEqual(25);
    const second = begin({ armedBefore: new Set(saved) });
    for (const box of saved) setTimeout(() => second.say(box, { state: 'armed', running: release, confirmed: true }), 10);
    const result = await second.rollout.run();
    expect(result).toMatchObject({ outcome: 'done', counts: { confirmed: saved.length, armed: 250 - saved.length } });
    expect(second.armed.length).toBe(250 - saved.length);
  });

  test('listens only to its own boxes, about its own release', async () => {
    const { rollout, say } = begin({ boxes: boxes.slice(0, 4), behaviour: () => 'silent', reportWithinMs: 300 });
    const running = rollout.run();
    const other = { ...release, version: 6 };
    for (const box of boxes) {
      say(box, { state: 'armed', running: other, wanted: other });
      say(box, { state: 'armed', running: { ...release, sha256: 'cd'.repeat(32) } });
      say(box, { state: 'failed', wanted: other });
    }
    const result = await running;
    expect(result).toMatchObject({ outcome: 'stopped', counts: { late: 1, untouched: 3, failed: 0, armed: 0 } });
  });

  test('does not wait for boxes that have the release already: they need not say so again', async () => {
    const { rollout, say } = begin({ boxes: boxes.slice(0, 4), behaviour: () => 'silent', overMs: 0, reportWithinMs: 60_000 });
    for (const box of boxes.slice(0, 4)) say(box, { state: 'armed', running: release, confirmed: true });
    expect(await rollout.run()).toMatchObject({ outcome: 'done', counts: { confirmed: 4 } });
  });

  test('ends with the fault where boxes cannot be ordered', async () => {
    const { rollout } = begin({ arm: () => Promise.reject(new Error('the broker is away')) });
    await expect(rollout.run()).rejects.toThrow('the broker is away');
  });
});
