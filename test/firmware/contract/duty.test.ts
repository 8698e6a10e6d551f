import { describe, expect, it } from 'vitest';
import { type Duty, DutyCalendar, dutyAt, dutySchema } from '../../../firmware/contract/duty.ts';

const usual = dutySchema.parse({});
const at = (text: string, duty: Duty = usual) => dutyAt(duty, Date.parse(text));

/** First days of the lunar year in Vietnam, as published. */
const tet = ['2027-02-06', '2028-01-26', '2029-02-13', '2030-02-02', '2031-01-23', '2032-02-11', '2033-01-31', '2034-02-19', '2035-02-08'];

describe('the duty calendar', () => {
  it('is on duty by itself on the first day of each Tết until 2035', () => {
    for (const day of tet) expect(at(`${day}T12:00:00+07:00`)).toBe(`Tết ${day.slice(0, 4)}`);
  });

  it('begins seven days before at midnight in Vietnam, and ends after the seventh day that follows', () => {
    expect(at('2027-01-29T23:59:59.999+07:00')).toBeUndefined();
    expect(at('2027-01-30T00:00:00+07:00')).toBe('Tết 2027');
    expect(at('2027-02-13T23:59:59.999+07:00')).toBe('Tết 2027');
    expect(at('2027-02-14T00:00:00+07:00')).toBeUndefined();
    // The same moment in UTC is still the day before.
    expect(at('2027-01-29T17:00:00Z')).toBe('Tết 2027');
  });

  it('follows the days that the centre gives, down to the day itself', () => {
    const short = dutySchema.parse({ tet: { daysBefore: 0, daysAfter: 0 } });
    expect(at('2028-01-25T23:59:59+07:00', short)).toBeUndefined();
    expect(at('2028-01-26T00:00:00+07:00', short)).toBe('Tết 2028');
    expect(at('2028-01-26T23:59:59+07:00', short)).toBe('Tết 2028');
    expect(at('2028-01-27T00:00:00+07:00', short)).toBeUndefined();
    expect(at('2027-02-06T12:00:00+07:00', dutySchema.parse({ tet: { enabled: false } }))).toBeUndefined();
  });

  it('knows further periods, first and last day included', () => {
    const duty = dutySchema.parse({ periods: [{ name: 'Đại hội', from: '2026-09-01', to: '2026-09-03' }] });
    expect(at('2026-08-31T23:59:59+07:00', duty)).toBeUndefined();
    expect(at('2026-09-01T00:00:00+07:00', duty)).toBe('Đại hội');
    expect(at('2026-09-03T23:59:59+07:00', duty)).toBe('Đại hội');
    expect(at('2026-09-04T00:00:00+07:00', duty)).toBeUndefined();
  });

  it('refuses a period that ends before it begins, and a day that no calendar has', () => {
    const fault = (period: object) => dutySchema.safeParse({ periods: [period] }).error?.issues[0];
    expect(fault({ name: 'x', from: '2026-09-03', to: '2026-09-01' })?.message).toBe('ends before it begins');
    expect(fault({ name: 'x', from: '2026-02-30', to: '2026-03-01' })?.path).toEqual(['periods', 0, 'from']);
  });

  it('gives no period, and no exception, for times that no clock shows', () => {
    for (const ms of [0, -1, 8.64e15, 1e18, Number.NaN]) expect(dutyAt(usual, ms)).toBeUndefined();
  });

  it('asked again and again gives what it gives asked once, whatever the order of the times', () => {
    const duty = dutySchema.parse({ periods: [{ name: 'x', from: '2027-03-01', to: '2027-03-02' }] });
    const calendar = new DutyCalendar(duty);
    const hours = Array.from({ length: 24 * 80 }, (_, hour) => Date.parse('2027-01-01T00:30:00Z') + hour * 3_600_000);
    for (const ms of [...hours, ...hours.toReversed(), Number.NaN, hours[700]!]) expect(calendar.at(ms)).toBe(dutyAt(duty, ms));
  });
});
