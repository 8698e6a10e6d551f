import { describe, expect, it } from 'vitest';
import { type Alert, alertSchema } from '../../../../firmware/contract/alert.ts';
import { AlertEngine } from '../../../../firmware/sensor/alert/alert-engine.ts';
import { alertOptions } from '../../../../firmware/sensor/alert/options.ts';
import type { Indicators } from '../../../../firmware/sensor/intel/indicator.ts';
import { sourceOf } from '../../../../firmware/sensor/memory/answer.ts';
import { readDays } from '../../../../firmware/sensor/memory/day-files.ts';
import { matchSet } from '../../../../firmware/sensor/memory/match-set.ts';
import { RetroAlerts } from '../../../../firmware/sensor/memory/retro-alerts.ts';
import { seenBy } from '../../../../firmware/sensor/memory/sighting.ts';
import { SeenStore } from '../../../../firmware/sensor/memory/store.ts';
import { ToldContacts } from '../../../../firmware/sensor/memory/told-contacts.ts';
import { setOf } from '../intel/lists.ts';
import { batchOf, day, folderFor, ja4, options, type Seen, sha1, sha256 } from './seen.ts';

const newFolder = folderFor();
const nowMicros = Date.UTC(2026, 1, 1, 2, 3, 4) * 1000;
const contact = seenBy.outbound | seenBy.tls | seenBy.tcp | seenBy.answered;

function remembering(...seen: readonly Seen[]): string {
  const folder = newFolder();
  new SeenStore(folder, options).append(batchOf(day, ...seen));
  return folder;
}

const matched = (folder: string, set: Indicators, previous?: Indicators) =>
  matchSet(sourceOf(readDays(folder, 0)), set, { nowMs: nowMicros / 1000, ...(previous && { previous }) });
const found = async (folder: string, set: Indicators, previous?: Indicators) =>
  (await matched(folder, set, previous)).hits.map(({ match }) => match.value).sort();

/** The alerts of a search, as they leave the box. */
class Desk {
  readonly alerts: Alert[] = [];
  readonly retro: RetroAlerts;
  readonly engine: AlertEngine;

  readonly told: ToldContacts;

  constructor(told = new ToldContacts(undefined)) {
    this.told = told;
    this.retro = new RetroAlerts(this.told);
    const context = { box: 'test', version: '0.0.0', dropped: () => 0, describeHost: () => ({ ip: '10.0.0.5', name: 'may-5' }) };
    this.engine = new AlertEngine(alertOptions.parse({}), context, (alert) => this.alerts.push(this.retro.pass(alert)));
  }

  async search(folder: string, set: Indicators) {
    return this.retro.raise((await matched(folder, set)).hits, nowMicros, (finding) => this.engine.raise(finding));
  }
}

describe('a set of indicators against the past', () => {
  const folder = remembering(
    { what: 'www.evil.example', far: '203.0.113.9:443', flags: contact },
    { what: 'good.example' },
    { what: '198.51.100.77:8443' },
    { what: 'ja4' },
    { what: 'certificate' },
  );

  it('finds what the detectors would have found', async () => {
    expect(await found(folder, setOf('evil.example', '203.0.113.0/24', '198.51.100.77:8443', ja4, sha256))).toEqual(
      ['evil.example', '203.0.113.0/24', '198.51.100.77:8443', ja4, sha256].sort(),
    );
    expect(await found(folder, setOf(sha1, '198.51.100.77:9999', '=evil.example', 'a'.repeat(32), 'http://evil.example/x'))).toEqual([
      sha1,
    ]);
  });

  it('honours allowances and the end of validity', async () => {
    expect(await found(folder, setOf('evil.example', { value: 'www.evil.example', allow: true }))).toEqual([]);
    expect(await found(folder, setOf({ value: 'evil.example', validUntilMs: nowMicros / 1000 - 60_000 }))).toEqual([]);
  });

  it('leaves out what the set before knew already', async () => {
    expect(await found(folder, setOf('evil.example', '198.51.100.77'), setOf('evil.example'))).toEqual(['198.51.100.77']);
    expect(await found(folder, setOf('evil.example'), setOf('evil.example'))).toEqual([]);
  });
});

describe('an alert about the past', () => {
  it('says of itself that it is, when it was, and who, what and where', async () => {
    const folder = remembering({ what: 'www.evil.example', far: '203.0.113.9:443', flags: contact, first: 100, last: 200, times: 9 });
    const desk = new Desk();
    await desk.search(folder, setOf({ value: 'evil.example', family: 'Bad', source: 'list', confidence: 90 }));
    expect(desk.alerts).toHaveLength(1);
    const alert = alertSchema.parse(desk.alerts[0]);
    expect(alert).toMatchObject({
      kind: 'c2.domain',
      detector: 'retro-match',
      stage: 'contact',
      severity: 3,
      state: 'open',
      tsFirst: '2026-02-01T02:03:04.000000Z',
      dedupKey: '10.0.0.5|domain|evil.example',
      host: { ip: '10.0.0.5', name: 'may-5' },
      remote: { ip: '203.0.113.9', port: 443, name: 'www.evil.example' },
      net: { proto: 'tcp', app: 'tls' },
      match: { type: 'domain', value: 'evil.example', family: 'Bad' },
      retro: { firstSeen: '2026-01-19T00:01:40.000000Z', lastSeen: '2026-01-19T00:03:20.000000Z', days: 1, count: 9 },
    });
  });

  it('is an attempt where nothing answered, and a knock where the other side began it', async () => {
    const folder = remembering(
      { what: 'evil.example', flags: seenBy.outbound | seenBy.dns },
      { what: '203.0.113.66', flags: seenBy.inbound | seenBy.tcp },
    );
    const desk = new Desk();
    await desk.search(folder, setOf('evil.example', '203.0.113.66'));
    expect(desk.alerts.map(({ kind, stage, net, severity }) => [kind, stage, net.direction, severity])).toEqual(
      expect.arrayContaining([
        ['c2.domain', 'attempt', undefined, 2],
        ['c2.address', 'attempt', 'inbound', 1],
      ]),
    );
  });

  it('is not raised for a contact that people have heard of, live or by an earlier search, across restarts too', async () => {
    const folder = remembering({ what: 'evil.example', flags: contact });
    const desk = new Desk();
    expect(await desk.search(folder, setOf('evil.example'))).toEqual({ raised: 1, known: 0, omitted: 0 });
    expect(await desk.search(folder, setOf('evil.example'))).toEqual({ raised: 0, known: 1, omitted: 0 });
    const later = new Desk(new ToldContacts(desk.told.changedText()));
    expect(await later.search(folder, setOf('evil.example'))).toEqual({ raised: 0, known: 1, omitted: 0 });
    expect(later.alerts).toEqual([]);
  });

  it('of today is not marked', () => {
    const retro = new RetroAlerts(new ToldContacts(undefined));
    const alert = { dedupKey: 'x' } as Alert;
    expect(retro.pass(alert)).toBe(alert);
  });

  it('comes at most 500 times for one set, contacts first, and the rest is counted', async () => {
    const attempts = Array.from(
      { length: 700 },
      (_, number): Seen => ({ host: `10.0.${number >> 8}.${number & 255}`, what: 'evil.example', flags: seenBy.outbound | seenBy.dns }),
    );
    const folder = remembering(...attempts, { host: '10.9.9.9', what: 'evil.example', flags: contact });
    const desk = new Desk();
    expect(await desk.search(folder, setOf('evil.example'))).toEqual({ raised: 500, known: 0, omitted: 201 });
    expect(desk.alerts[0]).toMatchObject({ stage: 'contact', dedupKey: '10.9.9.9|domain|evil.example' });
  });
});

describe('what was told', () => {
  it('is as nothing where its file is damaged', () => {
    for (const text of ['', '{', '[]', '{"told":[1]}', 'null']) expect(new ToldContacts(text).has('a')).toBe(false);
  });

  it('is bounded: the oldest is forgotten first', () => {
    const told = new ToldContacts(undefined);
    for (let number = 0; number < 6000; number++) told.add(`key ${number}`);
    expect([told.has('key 0'), told.has('key 5999')]).toEqual([false, true]);
    expect(new ToldContacts(told.changedText()).has('key 5999')).toBe(true);
    expect(told.changedText()).toBeUndefined();
  });
});
