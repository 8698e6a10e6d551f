import { describe, expect, it } from 'vitest';
import { Answers } from '../../../../firmware/agent/uplink/answers.ts';

/** Requests that answer when told to. */
function asked(answers: Answers, count: number) {
  const sent: ((error?: Error) => void)[] = [];
  const promises = Array.from({ length: count }, () => answers.ask((answered) => sent.push(answered)));
  return { sent, settled: Promise.allSettled(promises) };
}

describe('requests to the broker', () => {
  it('are sent so many at once, and the next in its turn with each answer', async () => {
    const answers = new Answers(() => 2);
    const { sent, settled } = asked(answers, 5);
    expect(sent.length).toBe(2);
    for (let index = 0; index < 5; index++) {
      sent[index]?.(index === 3 ? new Error('refused') : undefined);
      expect(sent.length).toBe(Math.min(3 + index, 5));
    }
    expect((await settled).map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
    expect(answers.oldestMs).toBeUndefined();
  });

  it('are all settled at the end, those that waited too, and late answers change nothing', async () => {
    const answers = new Answers(() => 2);
    const { sent, settled } = asked(answers, 5);
    sent[0]?.();
    answers.end(new Error('over'));
    sent[1]?.();
    expect(sent.length).toBe(3);
    expect((await settled).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'rejected', 'rejected']);
    await expect(answers.ask(() => expect.unreachable())).rejects.toThrow('over');
  });

  it('tell since when the oldest waits', () => {
    const answers = new Answers(() => 10);
    const before = performance.now();
    const { sent } = asked(answers, 3);
    expect(answers.oldestMs).toBeGreaterThanOrEqual(before);
    const first = answers.oldestMs ?? 0;
    while (performance.now() <= first) {
      // The next one shall be younger.
    }
    asked(answers, 1);
    for (const answered of sent) answered();
    expect(answers.oldestMs).toBeGreaterThan(first);
  });

  it('may be answered at once', async () => {
    const answers = new Answers(() => 1);
    await Promise.all(Array.from({ length: 10_000 }, () => answers.ask((answered) => answered())));
    expect(answers.oldestMs).toBeUndefined();
  });
});
