import { expect, it } from 'vitest';
import { helpAlert } from '../../../../firmware/agent/panel/help-call.ts';
import { alertSchema } from '../../../../firmware/contract/alert.ts';
import { alertInWords } from '../../../../firmware/contract/alert-words.ts';

const call = {
  box: 'box-7',
  agency: 'UBND xã Mẫu',
  boot: 'b',
  clock: undefined,
  version: '0.1.0',
  dropped: 0,
  nowMs: Date.UTC(2026, 10, 23, 2),
};
const findings = [{ measured: 'doctor: centre.unreachable', value: 'fault' }];

it('a call for help is a valid alert of its own, with what the doctor found, in words of both languages', () => {
  const alert = helpAlert({ ...call, findings });
  expect(alertSchema.parse(alert)).toEqual(alert);
  expect(alert.id).not.toBe(helpAlert({ ...call, findings }).id);
  const english = alertInWords(alert, 'en');
  expect(english).toContain('somebody at the agency calls for help from the panel');
  expect(english).toContain('UBND xã Mẫu, box box-7');
  expect(english).toContain('doctor: centre.unreachable (fault)');
  expect(english).not.toContain('Contacted');
  expect(alertInWords(alert, 'vi')).toMatch(/cơ quan gọi hỗ trợ từ bảng đèn[\s\S]*Gọi điện cho cơ quan/);
});

it('a call of a box that is well says so', () => {
  expect(helpAlert({ ...call, findings: [] }).reasons).toEqual([{ measured: 'doctor: no fault found', value: 0 }]);
});
