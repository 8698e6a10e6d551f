import { describe, expect, it } from 'vitest';
import { centreAlertKinds } from '../../../firmware/contract/centre-alert.ts';
import {
  centreAlertBriefly,
  centreAlertInWords,
  centreUpdateInWords,
  durationInWords,
} from '../../../firmware/contract/centre-alert-words.ts';
import { centreAlertOf } from '../../centre/centre-alert-sample.ts';

describe('an alert of the centre in words', () => {
  it('tells in the language of the reader which box, what is wrong, why, since when, and what to do', () => {
    const vi = centreAlertInWords(centreAlertOf(), 'vi').replaceAll(/\s+/g, ' ');
    for (const part of [
      'NGHIÊM TRỌNG (3/4): thiết bị mất liên lạc [box.silent]',
      'hx-lang-son, UBND huyện Mẫu',
      'không có tín hiệu đã 2 phút 31 giây (ngưỡng 2 phút 30 giây)',
      '21/01/2026 01:30:05 (giờ Việt Nam)',
      'Gọi cán bộ kỹ thuật',
    ])
      expect(vi).toContain(part);
    const en = centreAlertInWords(centreAlertOf(), 'en').replaceAll(/\s+/g, ' ');
    for (const part of ['no sign of life', 'no sign of life for 2 min 31 s (threshold 2 min 30 s)', 'Call the technician'])
      expect(en).toContain(part);
  });

  it('has words for every kind, in both languages', () => {
    for (const kind of centreAlertKinds) {
      const first = (lang: 'vi' | 'en') => centreAlertInWords(centreAlertOf({ kind }), lang).split('\n')[0];
      expect(first('vi')).not.toBe(first('en'));
    }
  });

  it('says in one line that it is mended', () => {
    const alert = centreAlertOf({ rev: 2, state: 'closed' });
    expect(centreUpdateInWords(alert, 'en')).toMatch(
      /^Update: hx-lang-son, UBND huyện Mẫu: the box gives no sign of life: .*; mended, closed$/,
    );
    expect(centreAlertBriefly(alert, 'vi')).toContain('đã khắc phục');
  });

  it('tells a length of time as people do', () => {
    expect([0, 59.9, 60, 61, 3_600, 90_061, -5].map((seconds) => durationInWords(seconds, 'en', 1))).toEqual([
      ...['0 s', '59 s', '1 min', '1 min 1 s', '1 h', '1 d 1 h', '0 s'],
    ]);
    expect(durationInWords(90_061, 'vi')).toBe('1 ngày');
  });

  it('says what a value means, and shows as it is what it does not know', () => {
    const reasons = [
      { measured: 'reason', value: 'quota' },
      { measured: 'something new', value: 'x', threshold: 3 },
    ];
    const text = centreAlertInWords(centreAlertOf({ kind: 'box.loss', reasons }), 'vi').replaceAll(/\s+/g, ' ');
    expect(text).toContain('lý do: hộp thư đi đã đầy; something new: x (ngưỡng 3)');
  });

  it('names the broker or the centre where it is about no box', () => {
    expect(centreAlertInWords(centreAlertOf({ box: '-', kind: 'broker.denied' }), 'vi')).toContain('máy chủ MQTT');
    expect(centreAlertInWords(centreAlertOf({ box: '-', kind: 'box.clock' }), 'en')).toContain('the centre');
  });

  it('fits into 100 columns, and lets nothing that a box said steer the terminal', () => {
    const nasty = 'evil\x1b[2J\r\n\u202e'.repeat(20);
    const alert = centreAlertOf({ agency: nasty, reasons: [{ measured: 'the last one', value: `${'long word '.repeat(15)}${nasty}` }] });
    const text = centreAlertInWords(alert, 'en');
    expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    for (const line of centreAlertInWords(centreAlertOf(), 'vi').split('\n')) expect(line.length).toBeLessThanOrEqual(100);
  });
});
