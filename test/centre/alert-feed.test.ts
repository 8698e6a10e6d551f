import { describe, expect, it } from 'vitest';
import { AlertFeed } from '../../centre/alert-feed.ts';
import { alertOf } from './alert-sample.ts';

describe('the feed of alerts', () => {
  it('tells new alerts, grown ones, updates and repeats apart', () => {
    const feed = new AlertFeed();
    const take = (rev: number, stage: 'attempt' | 'contact' | 'exchange') => feed.take(alertOf({ rev, stage }));
    expect([
      take(1, 'attempt'),
      take(1, 'attempt'),
      take(2, 'attempt'),
      take(3, 'exchange'),
      take(2, 'attempt'),
      take(4, 'exchange'),
    ]).toEqual(['new', 'repeat', 'update', 'grown', 'repeat', 'update']);
  });

  it('keeps boxes apart', () => {
    const feed = new AlertFeed();
    feed.take(alertOf());
    expect(feed.take(alertOf({ box: 'other-box' }))).toBe('new');
  });
});
