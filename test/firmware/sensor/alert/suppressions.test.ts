import { describe, expect, it } from 'vitest';
import type { Alert } from '../../../../firmware/contract/alert.ts';
import { AlertEngine } from '../../../../firmware/sensor/alert/alert-engine.ts';
import { alertOptions } from '../../../../firmware/sensor/alert/options.ts';
import { rulesOf } from '../../../../firmware/sensor/alert/rules.ts';
import { suppressionsSchema } from '../../../../firmware/sensor/alert/suppression-options.ts';
import { second, startMicros } from '../observe/sensor.ts';
import { finding } from './findings.ts';

const bad = '203.0.113.66';
const untilSeconds = 3600;
const until = new Date(startMicros / 1000 + untilSeconds * 1000).toISOString();
const why = { comment: 'known scanner of ours, asked by Lan', until };

class Engine {
  readonly alerts: Alert[] = [];
  readonly engine: AlertEngine;
  readonly options = alertOptions.parse({});
  nowMicros = startMicros;

  constructor(...suppressions: object[]) {
    const describeHost = () => ({ ip: '10.0.0.5', mac: '02:00:00:00:00:05' });
    const context = { box: 'test', version: '0.0.0', describeHost, dropped: () => 0 };
    this.engine = new AlertEngine(this.options, context, (alert) => this.alerts.push(structuredClone(alert)), this.rules(suppressions));
  }

  rules(suppressions: object[]) {
    return rulesOf({ suppressions: suppressionsSchema.parse(suppressions.map((suppression) => ({ ...why, ...suppression }))) });
  }

  suppress(...suppressions: object[]): this {
    this.engine.configure(this.options, this.rules(suppressions), undefined);
    return this;
  }

  raise(changes: Parameters<typeof finding>[0] = {}, value?: string, hostD?: number): this {
    this.engine.raise(finding({ tsMicros: this.nowMicros, ...changes }, value, hostD));
    return this;
  }

  pass(seconds: number): this {
    for (let passed = 0; passed < seconds; passed++) {
      this.nowMicros += second;
      this.engine.tick(this.nowMicros);
    }
    return this;
  }

  get told(): [rev: number, stage: string, state: string][] {
    return this.alerts.map(({ rev, stage, state }) => [rev, stage, state]);
  }
}

describe('a suppression', () => {
  const covers: [what: string, suppression: object, isCovered: boolean][] = [
    ['the address of the machine', { host: '10.0.0.5' }, true],
    ['another address', { host: '10.0.0.6' }, false],
    ['the network of the machine', { host: '10.0.0.0/24' }, true],
    ['another network', { host: '10.0.1.0/24' }, false],
    ['its MAC in any writing', { host: '02-00-00-00-00-05' }, true],
    ['another MAC', { host: '02:00:00:00:00:06' }, false],
    ['the kind', { kind: 'c2.address' }, true],
    ['another kind', { kind: 'c2.domain' }, false],
    ['the indicator', { indicator: bad }, true],
    ['another indicator', { indicator: '203.0.113.0/24' }, false],
    ['the family in any case', { family: 'EMOTET' }, true],
    ['another family', { family: 'Qakbot' }, false],
    ['all of it', { host: '10.0.0.5', kind: 'c2.address', indicator: bad, family: 'emotet' }, true],
    ['all but one of it', { host: '10.0.0.5', kind: 'c2.address', indicator: bad, family: 'qakbot' }, false],
    ['what has gone less far', { host: '10.0.0.5', stageMax: 'attempt' }, true],
  ];
  for (const [what, suppression, isCovered] of covers) {
    it(`for ${what} ${isCovered ? 'hides' : 'does not hide'} the alert`, () => {
      const match = { ...finding().match, family: 'Emotet' };
      const engine = new Engine({ id: 'one', ...suppression }).raise({ match });
      expect(engine.alerts).toHaveLength(isCovered ? 0 : 1);
      expect(engine.engine.suppressed).toEqual(isCovered ? { one: 1 } : {});
    });
  }

  it('counts each alert once, and leaves it out of what is open and was opened', () => {
    const engine = new Engine({ id: 'scanner', host: '10.0.0.5' });
    for (let number = 0; number < 50; number++) engine.raise().pass(1);
    engine.raise({}, '203.0.113.99').raise({}, undefined, 0x0a000006);
    expect(engine.engine.suppressed).toEqual({ scanner: 2 });
    const { openCount, openContacts, opened, attempts, contacts } = engine.engine;
    expect([openCount, openContacts, opened, attempts, contacts]).toEqual([1, 0, 1, 1, 0]);
    expect(engine.alerts.map(({ host, count }) => [host.ip, count])).toEqual([['10.0.0.5', 1]]);
  });

  it('that hides attempts only lets an alert be told when it goes further, with all that was kept', () => {
    const engine = new Engine({ id: 'one', host: '10.0.0.5', stageMax: 'attempt' }).raise().raise().raise();
    expect(engine.alerts).toEqual([]);
    engine.raise({ stage: 'contact', contact: 'grown' });
    expect(engine.told).toEqual([[1, 'contact', 'open']]);
    expect(engine.alerts[0]).toMatchObject({ count: 3, tsFirst: '2026-11-23T01:00:00.000000Z' });
    const { opened, attempts, contacts, openContacts } = engine.engine;
    expect([opened, attempts, contacts, openContacts]).toEqual([1, 0, 1, 1]);
  });

  it('does not let a later finding of a lower stage take a hidden alert back', () => {
    const engine = new Engine({ id: 'one', host: '10.0.0.5', stageMax: 'contact' }).raise({ stage: 'contact' }).raise({ stage: 'attempt' });
    engine.suppress();
    expect(engine.told).toEqual([[1, 'contact', 'open']]);
  });

  it('ends by the time of the frames, and what it hid and is still open is told then', () => {
    const engine = new Engine({ id: 'one', host: '10.0.0.5' }).raise().pass(untilSeconds - 10);
    expect(engine.alerts).toEqual([]);
    engine.raise({ contact: 'grown' }).pass(20);
    expect(engine.told).toEqual([[1, 'attempt', 'open']]);
    expect(engine.engine.suppressed).toEqual({ one: 1 });
  });

  it('that is taken away lets its alerts be told at once, and its count goes with it', () => {
    const engine = new Engine({ id: 'one', host: '10.0.0.5' }, { id: 'two', indicator: '203.0.113.99' })
      .raise()
      .raise({}, '203.0.113.99', 0x0a000006);
    expect(engine.engine.suppressed).toEqual({ one: 1, two: 1 });
    engine.suppress({ id: 'two', indicator: '203.0.113.99' });
    expect(engine.told).toEqual([[1, 'attempt', 'open']]);
    expect(engine.engine.suppressed).toEqual({ two: 1 });
  });

  it('does not count an alert again where the same list comes again, and goes on counting', () => {
    const engine = new Engine({ id: 'one', host: '10.0.0.5' }).raise();
    engine.suppress({ id: 'one', host: '10.0.0.5' }).raise().pass(30);
    expect(engine.engine.suppressed).toEqual({ one: 1 });
    engine.raise({}, '203.0.113.99');
    expect(engine.engine.suppressed).toEqual({ one: 2 });
  });

  it('that comes later takes an open alert from the lamps and holds its updates, but not the word that it is over', () => {
    const engine = new Engine().raise();
    engine.suppress({ id: 'late', host: '10.0.0.5' });
    expect([engine.engine.openCount, engine.engine.suppressed]).toEqual([0, { late: 1 }]);
    for (let number = 0; number < 30; number++) engine.raise();
    engine.raise({ stage: 'exchange', contact: 'grown' });
    expect(engine.told).toEqual([[1, 'attempt', 'open']]);
    engine
      .pass(untilSeconds - 30)
      .raise()
      .suppress({ id: 'late', host: '10.0.0.5', until: '2030-01-01T00:00:00Z' })
      .pass(4000);
    expect(engine.told.at(-1)).toEqual([2, 'exchange', 'closed']);
  });

  it('lets a hidden alert close without a word', () => {
    const engine = new Engine({ id: 'one', host: '10.0.0.5', until: '2030-01-01T00:00:00Z' }).raise().pass(4000);
    engine.engine.finish();
    expect([engine.alerts, engine.engine.openCount]).toEqual([[], 0]);
  });

  it('is refused where it would hide everything, names no machine, or never ends', () => {
    const fault = (suppression: object) => suppressionsSchema.safeParse([suppression]).error?.issues[0];
    expect(fault({ id: 'all', ...why })?.message).toMatch(/would hide everything/);
    expect(fault({ id: 'x', ...why, host: 'reception' })).toMatchObject({
      path: [0, 'host'],
      message: expect.stringMatching(/neither an address/),
    });
    expect(fault({ id: 'x', host: '10.0.0.5', comment: 'y' })?.path).toEqual([0, 'until']);
    for (const host of ['10.0.0.5', '10.0.0.0/24', '2001:db8::/64', '2001:db8::5', '02:00:00:00:00:05'])
      expect(fault({ id: 'x', ...why, host })).toBeUndefined();
    for (const host of ['10.0.0.0/8', '0.0.0.0/0', '2001:db8::/32', '::/0']) {
      expect(fault({ id: 'x', ...why, host })).toMatchObject({ path: [0, 'host'], message: expect.stringMatching(/would hide all/) });
      expect(fault({ id: 'x', ...why, host, family: 'Adware' })).toBeUndefined();
    }
  });
});
