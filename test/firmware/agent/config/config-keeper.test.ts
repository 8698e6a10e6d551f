/** Orders that are good, and changes that are not: what is put in force, watched, turned back and told. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { director, hashOf } from '../orders/director.ts';
import { until } from '../uplink/listener.ts';
import { quick, removeFolder, startedBox, type TestBox, type TestBoxOptions } from './box-of-test.ts';

const boxes: TestBox[] = [];
afterEach(async () => {
  for (const made of boxes.splice(0)) {
    await made.stop();
    removeFolder(made.folder);
  }
});

async function box(options: TestBoxOptions = {}): Promise<TestBox> {
  const made = await startedBox(options);
  boxes.push(made);
  return made;
}

async function again(made: TestBox, keys?: NonNullable<TestBoxOptions['keys']>): Promise<TestBox> {
  const next = await made.restarted(keys === undefined ? {} : { directorKeys: keys });
  boxes.push(next);
  await until(() => next.said.length > 0, 'the first report after a restart');
  return next;
}

describe('an order of the director', () => {
  it('is in force for sensor and agent, is reported on trial and then confirmed, and the agency can read what changed', async () => {
    const made = await box();
    expect(made.last()).toMatchObject({ state: 'none', running: {} });
    const startMs = performance.now();
    made.send(made.director.config({ seq: 1, settings: { hostsMax: 5000, homeNetworks: ['10.0.0.0/8'] }, comment: 'thử' }));
    const applied = await made.heard('applied', 1, false);
    const tookMs = performance.now() - startMs;
    process.stdout.write(`from the order to "applied": ${tookMs.toFixed(1)} ms\n`);
    expect(tookMs).toBeLessThan(1_000);
    expect(applied.running).toEqual({ seq: 1, hash: applied.hash });
    expect(made.inForce()).toMatchObject({ seq: 1, settings: { hostsMax: 5000 } });
    expect(made.applied.at(-1)).toEqual(made.inForce());
    expect(made.sensor.report().settings?.hash).toBe(applied.hash);
    await made.heard('applied', 1, true);
    expect(made.orders().map(({ outcome }) => outcome)).toEqual(['accepted', 'applied', 'confirmed']);
    expect(made.orders()[0]).toMatchObject({
      signer: made.director.keyId,
      author: 'nguyen.van.an',
      comment: 'thử',
      changes: [
        { path: 'hostsMax', to: '5000' },
        { path: 'homeNetworks', to: '"10.0.0.0/8"' },
      ],
    });
  });

  it('that comes again changes nothing and is answered with the state of things', async () => {
    const made = await box();
    const order = made.director.config({ seq: 4 });
    made.send(order);
    await made.heard('applied', 4, true);
    const [reloads, reports] = [made.sensor.reloads, made.said.length];
    for (let i = 0; i < 50; i++) expect(made.send(order)).toBeUndefined();
    made.clock.monotonicMs += 6_000;
    await until(() => made.said.length > reports, 'the answer');
    expect(made.last()).toMatchObject({ state: 'applied', seq: 4, confirmed: true });
    expect(made.sensor.reloads).toBe(reloads);
    expect(made.said.length).toBe(reports + 1);
  });

  it('is still in force after a restart, and its number is still the floor', async () => {
    const made = await box();
    const older = made.director.config({ seq: 1 });
    made.send(made.director.config({ seq: 2 }));
    await made.heard('applied', 2, true);
    const next = await again(made);
    expect(next.last()).toMatchObject({ state: 'applied', seq: 2, confirmed: true });
    expect(next.send(older)?.message).toMatch(/order 2 was accepted before/);
    expect(next.inForce()).toMatchObject({ seq: 2 });
  });

  it('that comes while another is on trial takes its place, and what is gone back to is what stood its trial', async () => {
    const made = await box({ limits: { trialMs: 150 } });
    made.send(made.director.config({ seq: 1 }));
    await made.heard('applied', 1, true);
    made.send(made.director.config({ seq: 2 }));
    await made.heard('applied', 2, false);
    made.sensor.refusal = (settings) => (settings?.seq === 3 ? 'no such interface' : undefined);
    made.send(made.director.config({ seq: 3 }));
    expect((await made.heard('rejected', 3)).running).toMatchObject({ seq: 1 });
    expect(made.inForce()).toMatchObject({ seq: 1 });
  });

  it('of another director, to whom the box was enrolled anew, begins from the file of the box and from number 1', async () => {
    const made = await box();
    made.send(made.director.config({ seq: 900 }));
    await made.heard('applied', 900, true);
    const other = director();
    const next = await again(made, [other.publicKey]);
    expect(next.last()).toMatchObject({ state: 'none', running: {} });
    expect(next.inForce()).toBeUndefined();
    next.send(other.config({ seq: 1 }));
    await next.heard('applied', 1);
  });

  it('of the capture waits after a start until it is known what there is to be seen; another one does not', async () => {
    const made = await box({ limits: { settleMs: 10_000 } });
    made.send(made.director.config({ seq: 1, settings: { lang: 'en' } }));
    await made.heard('applied', 1, true);
    made.sensor.packets = 50;
    made.send(made.director.config({ seq: 2, settings: { lang: 'en', capture: { filter: 'less 1' } } }));
    await sleep(50);
    expect(made.inForce()).toMatchObject({ seq: 1 });
    made.sensor.packets = 5_000;
    made.clock.monotonicMs += 6_000;
    expect(await made.heard('rolled_back', 2)).toMatchObject({ reason: expect.stringContaining('no packet was seen') });
  });

  it('is put in force without a sensor, which reads it when it comes', async () => {
    const made = await box({ sensor: (sensor) => Object.assign(sensor, { isConnected: false, isDeaf: true, state: 'starting' }) });
    made.send(made.director.config({ seq: 1 }));
    await made.heard('applied', 1, true);
    expect(made.inForce()).toMatchObject({ seq: 1 });
  });
});

describe('a change that does not stand its trial is turned back by itself', () => {
  async function changed(options: TestBoxOptions, before: (made: TestBox) => void, after: (made: TestBox) => void): Promise<TestBox> {
    const made = await box(options);
    made.send(made.director.config({ seq: 1 }));
    await made.heard('applied', 1, true);
    before(made);
    const { reloads } = made.sensor;
    made.send(made.director.config({ seq: 2 }));
    // The file is there before its folder is on the disk; the sensor is told after that.
    await until(() => made.inForce()?.seq === 2 && made.sensor.reloads > reloads, 'order 2 in force');
    after(made);
    return made;
  }
  const nothing = () => undefined;

  async function expectTurnedBack(made: TestBox, reason: RegExp): Promise<void> {
    const reported = await made.heard('rolled_back', 2);
    expect(reported).toMatchObject({ seq: 2, running: { seq: 1 } });
    expect(reported.reason).toMatch(reason);
    expect(made.inForce()).toMatchObject({ seq: 1 });
    expect(made.applied.at(-1)).toMatchObject({ seq: 1 });
    expect(made.sensor.report().settings).toMatchObject({ seq: 1 });
    expect(made.orders().at(-1)).toMatchObject({ outcome: 'rolled_back', seq: 2 });
  }

  it('because the sensor does not take it up', async () => {
    const made = await changed({ limits: { takeUpMs: 500 } }, ({ sensor }) => Object.assign(sensor, { isDeaf: true }), nothing);
    made.sensor.isDeaf = false;
    await expectTurnedBack(made, /did not take it up/);
  });

  it('because no packet is seen any more', async () => {
    const counting = (made: TestBox) => {
      const timer = setInterval(() => {
        if (made.inForce()?.seq === 1) made.sensor.packets += 500;
      }, 5);
      made.keeper.stop = ((stop) => async () => {
        clearInterval(timer);
        await stop.call(made.keeper);
      })(made.keeper.stop);
    };
    const made = await box({ limits: { sampleMs: 20, trialMs: 80 }, clock: {} });
    counting(made);
    made.send(made.director.config({ seq: 1 }));
    await made.heard('applied', 1, true);
    // A rate from less than five seconds says nothing.
    made.clock.monotonicMs += 6_000;
    await until(() => made.sensor.packets > 20_000, 'packets');
    made.send(made.director.config({ seq: 2 }));
    await expectTurnedBack(made, /no packet was seen/);
  });

  it('because it opens a flood of alerts', async () => {
    const made = await changed({ limits: { trialMs: 500 } }, nothing, ({ sensor }) => Object.assign(sensor, { opened: 201 }));
    await expectTurnedBack(made, /201 alerts/);
  });

  it('because the sensor dies again and again', async () => {
    const made = await changed({ limits: { trialMs: 500 } }, nothing, ({ sensor }) => Object.assign(sensor, { restarts: 3 }));
    await expectTurnedBack(made, /died 3 times/);
  });

  it('because the sensor captures nothing any more', async () => {
    const made = await changed({}, nothing, ({ sensor }) => Object.assign(sensor, { state: 'failed' }));
    await expectTurnedBack(made, /captures nothing/);
  });

  it('because the link to the centre is gone and stays gone', async () => {
    const made = await changed({}, nothing, ({ link }) => delete link.connectedSinceMs);
    await expectTurnedBack(made, /link to the centre was lost/);
  });

  it('because the agent itself cannot use it', async () => {
    const apply = (inForce: { seq: number } | undefined) => {
      if (inForce?.seq === 2) throw new Error('the panel will not have it');
    };
    const made = await box({ apply });
    made.send(made.director.config({ seq: 1 }));
    await made.heard('applied', 1, true);
    made.send(made.director.config({ seq: 2 }));
    await expectTurnedBack(made, /the panel will not have it/);
  });

  it('and is not tried again when it comes once more, also after a restart; the next number is', async () => {
    const made = await changed({ limits: { trialMs: 500 } }, nothing, ({ sensor }) => Object.assign(sensor, { restarts: 3 }));
    await made.heard('rolled_back', 2);
    const order = made.director.config({ seq: 3 });
    const next = await again(made);
    expect(next.last()).toMatchObject({ state: 'rolled_back', seq: 2, running: { seq: 1 } });
    expect(next.last()?.reason).toMatch(/died 3 times/);
    next.send(order);
    await next.heard('applied', 3);
  });
});

describe('a trial', () => {
  it('waits for a link that comes back', async () => {
    const made = await box({ limits: { linkGraceMs: 5_000 } });
    made.send(made.director.config({ seq: 1 }));
    await made.heard('applied', 1, false);
    const { connectedSinceMs } = made.link;
    delete made.link.connectedSinceMs;
    await new Promise((resolve) => setTimeout(resolve, quick.trialMs * 2));
    expect(made.last()?.confirmed).toBe(false);
    Object.assign(made.link, { connectedSinceMs });
    await made.heard('applied', 1, true);
  });

  it('begins again when the agent was killed in it, and is over after three beginnings', async () => {
    let made = await box({ limits: { trialMs: 3_600_000 } });
    made.send(made.director.config({ seq: 1 }));
    await made.heard('applied', 1, false);
    for (let begun = 2; begun <= 3; begun++) {
      made = await again(made);
      expect(await made.heard('applied', 1, false)).toMatchObject({ running: { seq: 1 } });
    }
    made = await again(made);
    const reported = await made.heard('rolled_back', 1);
    expect(reported).toMatchObject({ running: {} });
    expect(reported.reason).toMatch(/stopped 3 times/);
    expect(made.inForce()).toBeUndefined();
    expect(made.applied.at(-1)).toBeUndefined();
  });

  it('is not begun where the sensor refuses the settings, which is reported with the place that it names', async () => {
    const made = await box({
      sensor: (sensor) =>
        Object.assign(sensor, { refusal: (inForce: unknown) => inForce && 'capture.filter: cannot capture on tap0: syntax error' }),
    });
    made.send(made.director.config({ seq: 1, settings: { capture: { filter: 'nonsense' } } }));
    const reported = await made.heard('rejected', 1);
    const message = 'cannot capture on tap0: syntax error';
    expect(reported.errors).toEqual([{ path: 'capture.filter', message, code: 'refused-by-sensor' }]);
    expect(reported.hash).toBe(hashOf({ capture: { filter: 'nonsense' } }));
    expect(made.inForce()).toBeUndefined();
    const next = await again(made);
    expect(next.last()).toMatchObject({ state: 'rejected', seq: 1 });
  });
});

it('tells how many alerts each suppression hid', async () => {
  const made = await box({ sensor: (sensor) => Object.assign(sensor, { suppressed: { 'printer-1': 7 } }) });
  expect(made.last()?.suppressed).toEqual({ 'printer-1': 7 });
  made.sensor.suppressed = { 'printer-1': 9 };
  const reports = made.said.length;
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(made.said.length).toBe(reports);
  made.clock.monotonicMs += 301_000;
  await until(() => made.last()?.suppressed?.['printer-1'] === 9, 'the new count');
});
