import { describe, expect, it } from 'vitest';
import { boxState } from '../../../centre/boxes/box-state.ts';
import { boxTable, listBoxes } from '../../../centre/boxes/box-table.ts';
import type { BoxRow } from '../../../centre/store/store.ts';
import { centreAlertOf } from '../centre-alert-sample.ts';
import { healthOf, presenceOf } from '../ingest/ingest-process.ts';

const nowMs = Date.parse('2026-01-20T18:31:00Z');
const hour = 3_600_000;

function rowOf(box: string, changes: Partial<BoxRow> = {}): BoxRow {
  return {
    ...{ box, agency: 'UBND huyện Mẫu', seenMs: nowMs - 12_000, provenMs: nowMs - 12_000, openAlerts: 2 },
    ...{ presence: presenceOf(box), presenceMs: nowMs - 9 * hour, health: healthOf(box), healthMs: nowMs - 12_000 },
    ...changes,
  };
}

const silent = () =>
  rowOf('hx-tinh-lang', { presence: presenceOf('hx-tinh-lang', { online: false }), presenceMs: nowMs - hour, seenMs: nowMs - hour });
const table = (rows: BoxRow[], lang: 'vi' | 'en', columns = 120, alerts = [centreAlertOf({ box: 'hx-tinh-lang' })]) =>
  boxTable(listBoxes(rows, alerts, nowMs), lang, nowMs, columns);

describe('the state of a box', () => {
  it('is there, silent, stopped or unknown, and tells since when', () => {
    expect(boxState(rowOf('hx-01'), nowMs)).toEqual({ life: 'there' });
    expect(boxState(rowOf('hx-01', { seenMs: nowMs - hour }), nowMs)).toEqual({ life: 'silent', sinceMs: nowMs - hour });
    expect(boxState(silent(), nowMs)).toEqual({ life: 'silent', sinceMs: nowMs - hour });
    const stopped = presenceOf('hx-01', { online: false, planned: true, ts: '2026-01-20T10:00:00Z' });
    const { presenceMs: _, ...fromMemory } = rowOf('hx-01', { presence: stopped });
    expect(boxState(fromMemory, nowMs)).toEqual({ life: 'stopped', sinceMs: Date.parse('2026-01-20T10:00:00Z') });
    expect(boxState({ box: 'hx-01', openAlerts: 0 }, nowMs)).toEqual({ life: 'unknown' });
  });
});

describe('the table of boxes', () => {
  it('tells of every box whether it is there, when it was seen and proven, what waits, its alerts and versions', () => {
    const line = table([rowOf('hx-01')], 'en').split('\n')[1];
    expect(line).toMatch(/^hx-01\s+there\s+12 s 01:30:48\s+12 s 01:30:48\s+0\s+2\s+UBND huyện Mẫu\s+0\.3\.0, intel release-7$/);
  });

  it('puts those with something wrong first, and says in words what it is, in the language of the reader', () => {
    for (const [lang, words] of [
      ['vi', ['IM LẶNG', 'thiết bị mất liên lạc', '2 thiết bị: 1 có mặt, 1 im lặng']],
      ['en', ['SILENT', 'the box gives no sign of life', '2 boxes: 1 there, 1 silent']],
    ] as const) {
      const text = table([rowOf('hx-01'), silent()], lang);
      for (const word of words) expect(text).toContain(word);
      expect(text.indexOf('hx-tinh-lang')).toBeLessThan(text.indexOf('hx-01'));
    }
  });

  it('counts a silent box among those with something wrong before any alert was raised, and one that stopped on purpose not', () => {
    const stopped = rowOf('hx-02', { presence: presenceOf('hx-02', { online: false, planned: true }) });
    const text = table([rowOf('hx-01'), silent(), stopped], 'en', 120, []);
    expect(text).toContain('3 boxes: 1 there, 1 silent, 1 stopped; 1 with something wrong.');
  });

  it('says in words that nobody knows how many alerts were dropped', () => {
    const reasons = [{ measured: 'alerts dropped (0: not known)', value: 0 }];
    const lost = centreAlertOf({ box: 'hx-01', kind: 'box.loss', reasons });
    expect(table([rowOf('hx-01')], 'en', 140, [lost])).toContain('alerts dropped: nobody knows how many;');
    const counted = { ...lost, reasons: [{ ...reasons[0]!, value: 3 }] };
    expect(table([rowOf('hx-01')], 'vi', 140, [counted])).toContain('số cảnh báo bị bỏ: 3;');
  });

  it('tells what the box itself says is wrong, but not what it said before it went silent', () => {
    const health = healthOf('hx-01', { interval: { seconds: 30, packets: 5, bytes: 9, dropShare: 0.25 }, underVoltage: true });
    const text = table([rowOf('hx-01', { health })], 'en');
    expect(text).toContain('! loses 25 % of the packets');
    expect(text).toContain('! its power supply is too weak');
    expect(table([rowOf('hx-01', { health, seenMs: nowMs - hour })], 'en')).not.toContain('loses');
  });

  it.each([80, 100, 120, 140])('is aligned and fits into %i columns', (columns) => {
    const rows = [rowOf('hx-01', { openAlerts: 12_345 }), rowOf('so-tttt-lang-son', { seenMs: nowMs - 40 * 24 * hour }), silent()];
    for (const lang of ['vi', 'en'] as const) {
      const lines = table(rows, lang, columns).split('\n');
      for (const line of lines) expect(line.length).toBeLessThanOrEqual(columns);
      const starts = lines.filter((line) => /^(hx|so)-/.test(line)).map((line) => line.search(/(IM LẶNG|SILENT|có mặt|there)/));
      expect(new Set(starts).size).toBe(1);
    }
  });

  it('lets nothing that a box said of itself steer the terminal', () => {
    const nasty = 'a\x1b[2J\r\n\u202eb';
    const health = healthOf('hx-01', { capture: { ...healthOf('hx-01').capture, state: 'failed', error: nasty } });
    const versions = { firmware: nasty, node: nasty, intel: nasty };
    const text = table([rowOf('hx-01', { agency: nasty, health, presence: presenceOf('hx-01', { versions }) })], 'vi', 80);
    expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });

  it('asks whether ingest runs where no box at all was heard for long, and says so where there is none', () => {
    expect(table([silent()], 'en')).toContain('does "vonggac-centre ingest" run?');
    expect(table([rowOf('hx-01')], 'en')).not.toContain('ingest');
    expect(table([], 'en')).toBe('No box has been heard of yet.');
  });
});
