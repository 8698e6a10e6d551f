import { describe, expect, it } from 'vitest';
import { type Alert, alertSchema, stages } from '../../../../firmware/contract/alert.ts';
import { dutySchema } from '../../../../firmware/contract/duty.ts';
import { AlertEngine } from '../../../../firmware/sensor/alert/alert-engine.ts';
import { alertId } from '../../../../firmware/sensor/alert/alert-id.ts';
import type { AlertContext } from '../../../../firmware/sensor/alert/alert-text.ts';
import { alertOptions } from '../../../../firmware/sensor/alert/options.ts';
import { type AlertRules, rulesOf } from '../../../../firmware/sensor/alert/rules.ts';
import { severityOf } from '../../../../firmware/sensor/alert/severity.ts';
import type { Finding } from '../../../../firmware/sensor/detect/finding.ts';
import { second, startMicros } from '../observe/sensor.ts';
import { finding } from './findings.ts';

const context: AlertContext = { box: 'test', version: '0.0.0', describeHost: () => ({ ip: '10.0.0.5' }), dropped: () => 3 };

class Engine {
  readonly alerts: Alert[] = [];
  readonly engine: AlertEngine;
  nowMicros = startMicros;

  constructor(options: unknown = {}, about: Partial<AlertContext> = {}, rules: Partial<AlertRules> = {}) {
    const keep = (alert: Alert) => this.alerts.push(structuredClone(alert));
    this.engine = new AlertEngine(alertOptions.parse(options), { ...context, ...about }, keep, rulesOf(rules));
  }

  raise(changes: Partial<Finding> = {}, value?: string, hostD?: number): this {
    this.engine.raise(finding({ tsMicros: this.nowMicros, ...changes }, value, hostD));
    return this;
  }

  /** Seconds pass, one after the other. */
  pass(seconds: number): this {
    for (let passed = 0; passed < seconds; passed++) {
      this.nowMicros += second;
      this.engine.tick(this.nowMicros);
    }
    return this;
  }
}

describe('the alert engine', () => {
  it('counts attempts and contacts, each alert once however far it goes, and knows which are open', () => {
    const { engine } = new Engine()
      .raise({ stage: 'attempt' }, '203.0.113.1')
      .raise({ stage: 'contact' }, '203.0.113.1')
      .raise({ stage: 'exchange' }, '203.0.113.1')
      .raise({ stage: 'exchange' }, '203.0.113.2')
      .raise({ stage: 'attempt' }, '203.0.113.3')
      .raise({ stage: 'attempt' }, '203.0.113.3');
    expect([engine.opened, engine.attempts, engine.contacts]).toEqual([3, 2, 2]);
    expect([engine.openCount, engine.openContacts]).toEqual([3, 2]);
  });

  it('opens one alert for a machine and an indicator, told at once', () => {
    const engine = new Engine().raise().raise().raise();
    expect(engine.alerts).toHaveLength(1);
    expect(engine.alerts[0]).toMatchObject({ rev: 1, state: 'open', stage: 'attempt', count: 1 });
    expect([engine.engine.openCount, engine.engine.opened, engine.engine.findings]).toEqual([1, 1, 3]);
  });

  it('tells again at once when the stage grows, and not when it falls', () => {
    const engine = new Engine().raise();
    for (const stage of ['contact', 'contact', 'exchange', 'attempt', 'contact', 'exchange'] as const)
      engine.raise({ stage, contact: 'grown' });
    expect(engine.alerts.map(({ rev, stage }) => [rev, stage])).toEqual([
      [1, 'attempt'],
      [2, 'contact'],
      [3, 'exchange'],
    ]);
  });

  it('tells a growing count at most once in the time between two updates', () => {
    const engine = new Engine({ updateAfterS: 600 });
    for (let number = 0; number < 1200; number++) engine.raise().pass(3);
    expect(engine.alerts.length).toBeLessThanOrEqual(8);
    expect(engine.alerts.length).toBeGreaterThanOrEqual(6);
    const times = engine.alerts.map(({ tsLast }) => Date.parse(tsLast));
    for (const [index, time] of times.slice(1).entries()) expect(time - times[index]!).toBeGreaterThanOrEqual(590_000);
  });

  it('counts contacts, not findings that only say more of one', () => {
    const engine = new Engine().raise();
    for (let number = 0; number < 10; number++) engine.raise({ contact: 'grown' });
    for (let number = 0; number < 4; number++) engine.raise();
    engine.engine.finish();
    expect(engine.alerts.at(-1)?.count).toBe(5);
  });

  it('closes an alert that was quiet for as long as the options say, once', () => {
    const engine = new Engine({ closeAfterS: 120 }).raise().pass(115);
    expect(engine.alerts.filter(({ state }) => state === 'closed')).toEqual([]);
    engine.pass(600);
    expect(engine.alerts.at(-1)).toMatchObject({ state: 'closed', rev: 2, tsLast: '2026-11-23T01:00:00.000000Z' });
    expect(engine.alerts).toHaveLength(2);
    expect(engine.engine.openCount).toBe(0);
  });

  it('does not close what goes on', () => {
    const engine = new Engine({ closeAfterS: 60 });
    for (let number = 0; number < 20; number++) engine.raise().pass(50);
    expect(engine.alerts.every(({ state }) => state === 'open')).toBe(true);
    expect(engine.engine.opened).toBe(1);
  });

  it('opens another alert, with another id, for what comes after it was closed', () => {
    const engine = new Engine({ closeAfterS: 60 }).raise().pass(120).raise();
    expect(engine.alerts.map(({ state, rev }) => [state, rev])).toEqual([
      ['open', 1],
      ['closed', 2],
      ['open', 1],
    ]);
    expect(engine.alerts[0]?.id).toBe(engine.alerts[1]?.id);
    expect(engine.alerts[2]?.id).not.toBe(engine.alerts[0]?.id);
  });

  it('refuses new alerts at its cap and counts them, and open ones go on', () => {
    const engine = new Engine({ openMax: 16 });
    for (let host = 0; host < 50; host++) engine.raise({}, undefined, host);
    expect([engine.engine.openCount, engine.engine.refused]).toEqual([16, 34]);
    engine.raise({ stage: 'exchange' }, undefined, 3);
    expect(engine.alerts.at(-1)).toMatchObject({ stage: 'exchange', rev: 2 });
  });

  it('has room again when alerts have closed', () => {
    const engine = new Engine({ openMax: 16, closeAfterS: 60 });
    for (let host = 0; host < 16; host++) engine.raise({}, undefined, host);
    engine.pass(120).raise({}, undefined, 99);
    expect(engine.engine.refused).toBe(0);
    expect(engine.alerts.at(-1)).toMatchObject({ state: 'open', rev: 1 });
  });

  it('tells at the end what was not told yet, and leaves the alerts open', () => {
    const engine = new Engine().raise().raise();
    engine.engine.finish();
    engine.engine.finish();
    expect(engine.alerts.map(({ rev, count, state }) => [rev, count, state])).toEqual([
      [1, 1, 'open'],
      [2, 2, 'open'],
    ]);
  });

  it('keeps what an earlier finding told when a later one is silent on it', () => {
    const engine = new Engine().raise({ remoteName: 'evil.example', app: 'dns', context: { dns: { qname: 'evil.example' } } });
    engine.raise({ stage: 'contact', context: { tls: { sni: 'evil.example' } }, app: 'tls' });
    expect(engine.alerts.at(-1)).toMatchObject({
      remote: { name: 'evil.example' },
      net: { app: 'tls' },
      context: { dns: { qname: 'evil.example' }, tls: { sni: 'evil.example' } },
    });
  });

  it('says in its reasons how far it went, how often and how sure the list is, and how large the flow was', () => {
    const engine = new Engine().raise({ stage: 'exchange', bytesOut: 700, bytesIn: 900 });
    expect(engine.alerts[0]?.reasons.map(({ measured, value }) => [measured, value])).toEqual([
      ['connection to an address on the list', '203.0.113.66'],
      ['stage reached', 'exchange'],
      ['bytes out and in of the latest flow', '700/900'],
      ['times seen', 1],
      ['confidence of the list', 90],
    ]);
  });

  it('gives every alert in the shape of the schema, with no field that it does not declare', () => {
    const strict = alertSchema.strict();
    const engine = new Engine({}, { agency: 'Sở', boot: 'abc' });
    engine.raise({ app: 'http', communityId: '1:x', bytesOut: 1, bytesIn: 2, context: { http: { host: 'x' } }, remoteName: 'x' });
    engine.raise({ inbound: true }).raise({ stage: 'exchange' }).pass(5000);
    const { remote: _remote, ...withoutRemote } = finding();
    engine.engine.raise(withoutRemote);
    expect(engine.alerts.length).toBeGreaterThan(4);
    for (const alert of engine.alerts) {
      expect(strict.safeParse(alert).error).toBeUndefined();
      for (const part of ['host', 'remote', 'net', 'match', 'context', 'sensor', 'clock'] as const) {
        const declared = new Set(Object.keys(unwrapped(alertSchema.shape[part])));
        for (const field of Object.keys(alert[part] ?? {})) expect(declared, `${part}.${field}`).toContain(field);
      }
    }
  });
});

describe('other options and rules, while it runs', () => {
  it('are taken at once, and open alerts go on', () => {
    const engine = new Engine({ closeAfterS: 3600 }).raise();
    const people = { contacts: [{ name: 'Lan', phone: '0205 1' }], advice: { en: 'Ask for Lan.' } };
    engine.engine.configure(alertOptions.parse({ closeAfterS: 60, openMax: 16 }), rulesOf(people), 'Sở Y tế');
    expect(engine.alerts).toHaveLength(1);
    engine.raise({ stage: 'contact', contact: 'grown' });
    expect(engine.alerts[1]).toMatchObject({
      rev: 2,
      agency: 'Sở Y tế',
      advice: { en: expect.stringMatching(/ Ask for Lan. Call: Lan 0205 1\.$/) },
    });
    expect(engine.alerts[0]?.advice.en).not.toMatch(/Lan/);
    expect(engine.alerts[0]?.agency).toBeUndefined();
    for (let host = 0; host < 20; host++) engine.raise({}, undefined, host);
    expect(engine.engine.refused).toBe(5);
    engine.pass(70);
    expect(engine.engine.openCount).toBe(0);
  });
});

describe('heightened watch', () => {
  const duty = dutySchema.parse({ tet: { enabled: false }, periods: [{ name: 'Đại hội', from: '2026-11-23', to: '2026-11-23' }] });

  it('counts an attempt one step more and names the period, by the time of the frame', () => {
    expect(new Engine({}, {}, { duty }).raise().alerts[0]).toMatchObject({ severity: 3, duty: 'Đại hội' });
    const before = new Engine({}, {}, { duty }).raise({ tsMicros: startMicros - 86_400 * second }).alerts[0];
    expect(before?.severity).toBe(2);
    expect(before).not.toHaveProperty('duty');
  });

  it('leaves contacts, exchanges and knocks at the door what they are', () => {
    const severity = (changes: Parameters<typeof finding>[0]) => new Engine({}, {}, { duty }).raise(changes).alerts[0]?.severity;
    expect([severity({ stage: 'contact' }), severity({ stage: 'exchange' }), severity({ inbound: true })]).toEqual([3, 4, 1]);
  });

  it('stays in an alert that goes on when the period is over', () => {
    const engine = new Engine({}, {}, { duty }).raise();
    engine.nowMicros += 86_400 * second;
    engine.raise({ stage: 'contact', contact: 'grown' });
    expect(engine.alerts[1]).toMatchObject({ duty: 'Đại hội', severity: 3, stage: 'contact' });
  });
});

/** The fields of an object schema, which may be optional. */
function unwrapped(schema: object): object {
  if ('unwrap' in schema && typeof schema.unwrap === 'function') return unwrapped(schema.unwrap());
  return 'shape' in schema && typeof schema.shape === 'object' && schema.shape !== null ? schema.shape : {};
}

describe('the id of an alert', () => {
  const uuid7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

  it('is a UUIDv7 that begins with the time of the first finding (RFC 9562 §5.7)', () => {
    const id = alertId(startMicros, 'x');
    expect(id).toMatch(uuid7);
    expect(Number.parseInt(id.slice(0, 13).replace('-', ''), 16)).toBe(startMicros / 1000);
  });

  it('is valid for any time a capture may claim', () => {
    for (const micros of [0, 1, -5, Number.MAX_SAFE_INTEGER, 1e20, 999, startMicros + 1]) expect(alertId(micros, 'x')).toMatch(uuid7);
  });

  it('is the same for the same alert, and differs by box, machine, indicator and time', () => {
    const first = (about: Partial<AlertContext> = {}, changes: Partial<Finding> = {}, value?: string, hostD?: number) =>
      new Engine({}, about).raise(changes, value, hostD).alerts[0]!.id;
    expect(first()).toBe(first());
    const ids = [
      first(),
      first({ box: 'other' }),
      first({}, {}, '203.0.113.67'),
      first({}, {}, undefined, 6),
      first({}, { tsMicros: startMicros + 1 }),
    ];
    expect(new Set([...ids, first({}, { inbound: true })]).size).toBe(6);
  });

  it('sorts by time', () => {
    const ids = Array.from({ length: 100 }, (_, index) => alertId(startMicros + index * 1000, `${index * 7919}`));
    expect([...ids].sort()).toEqual(ids);
  });
});

describe('severity', () => {
  it('follows the stage, and is lower when the list is unsure or the other side began it', () => {
    expect(stages.map((stage) => severityOf(stage, 90, false))).toEqual([2, 3, 4]);
    expect(stages.map((stage) => severityOf(stage, 90, true))).toEqual([1, 2, 3]);
    expect(stages.map((stage) => severityOf(stage, 49, false))).toEqual([1, 2, 3]);
    expect(stages.map((stage) => severityOf(stage, 24, false))).toEqual([1, 1, 2]);
  });

  it('never leaves 1 to 4, and never makes a knock more than 1', () => {
    for (const stage of stages)
      for (let confidence = 0; confidence <= 100; confidence++)
        for (const inbound of [false, true]) {
          const severity = severityOf(stage, confidence, inbound);
          expect(severity >= 1 && severity <= 4).toBe(true);
          if (inbound && stage === 'attempt') expect(severity).toBe(1);
        }
  });
});
