import { describe, expect, it } from 'vitest';
import { localAdvice } from '../../../../firmware/sensor/alert/local-advice.ts';

describe('what a place adds to every advice', () => {
  it('is nothing where nobody gave anything', () => {
    expect(localAdvice({ contacts: [], advice: {} })).toEqual({ vi: '', en: '' });
  });

  it('is its advice and whom to call, in the language of the reader', () => {
    const contacts = [
      { name: 'Nguyễn Thị Lan', role: 'trực ban', phone: '0205 3812 345' },
      { name: 'Trung tâm CNTT', email: 'trucban@langson.example' },
    ];
    expect(localAdvice({ contacts, advice: { vi: 'Máy chủ ở phòng 204.', en: 'The server is in room 204.' } })).toEqual({
      vi: ' Máy chủ ở phòng 204. Gọi: Nguyễn Thị Lan (trực ban) 0205 3812 345; Trung tâm CNTT, trucban@langson.example.',
      en: ' The server is in room 204. Call: Nguyễn Thị Lan (trực ban) 0205 3812 345; Trung tâm CNTT, trucban@langson.example.',
    });
  });

  it('stands in both languages where it was given in one', () => {
    expect(localAdvice({ contacts: [], advice: { vi: 'Báo bảo vệ.' } })).toEqual({ vi: ' Báo bảo vệ.', en: ' Báo bảo vệ.' });
  });

  it('has a length that people read: contacts that do not fit are left out, the first ones first in', () => {
    const contacts = Array.from({ length: 10 }, (_, index) => ({
      name: `${index}`.repeat(100),
      role: 'x'.repeat(100),
      phone: '1'.repeat(40),
    }));
    const { vi } = localAdvice({ contacts, advice: { vi: 'y'.repeat(5000) } });
    expect(vi.length).toBeLessThan(1_650);
    expect(vi).toContain('0'.repeat(100));
    expect(vi).not.toContain('9'.repeat(100));
  });
});
