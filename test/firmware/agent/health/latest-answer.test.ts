import { expect, it } from 'vitest';
import { LatestAnswer } from '../../../../firmware/agent/health/latest-answer.ts';

function questionOf() {
  const asked: PromiseWithResolvers<number>[] = [];
  const at = { ms: 0 };
  const latest = new LatestAnswer<number>(
    () => {
      const question = Promise.withResolvers<number>();
      asked.push(question);
      return question.promise;
    },
    () => at.ms,
  );
  return { asked, at, latest };
}

it('gives what is answered in time, as new', async () => {
  const { asked, latest } = questionOf();
  const answer = latest.within(10_000);
  asked[0]?.resolve(7);
  expect(await answer).toEqual({ value: 7, ageMs: 0 });
});

it('gives nothing where nothing was ever answered, and asks a question that hangs no second time', async () => {
  const { asked, latest } = questionOf();
  for (let call = 0; call < 5; call++) expect(await latest.within(1)).toBeUndefined();
  expect(asked).toHaveLength(1);
});

it('gives the answer before, with its age, while the question hangs, and asks again once it does not', async () => {
  const { asked, at, latest } = questionOf();
  const first = latest.within(10_000);
  asked[0]?.resolve(7);
  await first;
  at.ms = 30_000;
  expect(await latest.within(1)).toEqual({ value: 7, ageMs: 30_000 });
  asked[1]?.resolve(8);
  at.ms = 60_000;
  await asked[1]?.promise;
  const third = latest.within(10_000);
  asked[2]?.resolve(9);
  expect(await third).toEqual({ value: 9, ageMs: 0 });
  expect(asked).toHaveLength(3);
});

it('takes a failure for no answer', async () => {
  const { asked, at, latest } = questionOf();
  const first = latest.within(10_000);
  asked[0]?.resolve(7);
  await first;
  at.ms = 5_000;
  const second = latest.within(10_000);
  asked[1]?.reject(new Error('the disk is gone'));
  expect(await second).toEqual({ value: 7, ageMs: 5_000 });
});
