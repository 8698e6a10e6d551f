import { describe, expect, it } from 'vitest';
import { languageOf, plain, wrapped } from '../../../firmware/contract/language.ts';

describe('the language', () => {
  it('follows the environment', () => {
    expect(languageOf({ LANG: 'vi_VN.UTF-8' })).toBe('vi');
    expect(languageOf({ LANG: 'vi_VN.UTF-8', LC_ALL: 'en_GB.UTF-8' })).toBe('en');
    expect(languageOf({})).toBe('en');
  });
});

describe('text from the wire', () => {
  it('keeps Vietnamese letters whole and loses what steers a terminal', () => {
    expect(plain('Trung tâm Công nghệ thông tin tỉnh Lạng Sơn')).toBe('Trung tâm Công nghệ thông tin tỉnh Lạng Sơn');
    expect(plain('a\x1b[2Jb\u202ec')).toBe('a\ufffd[2Jb\ufffdc');
    expect(plain('x'.repeat(5_000)).length).toBeLessThan(300);
  });

  it('is broken at spaces only, and a word that is too long stands alone', () => {
    expect(wrapped('one two three', 8, 2)).toBe('one two\n  three');
    expect(wrapped('a-word-that-is-too-long b', 8, 0)).toBe('a-word-that-is-too-long\nb');
    expect(wrapped('', 8, 2)).toBe('');
  });
});
