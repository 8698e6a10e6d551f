import { describe, expect, it } from 'vitest';
import { AlertFeed } from '../../centre/alert-feed.ts';
import type { Alert } from '../../firmware/contract/alert.ts';
import type { CentreAlert } from '../../firmware/contract/centre-alert.ts';
import { alertOf } from './alert-sample.ts';
import { centreAlertOf } from './centre-alert-sample.ts';

describe('the feed of alerts', () => {
  it('tells new alerts, grown ones, updates and repeats apart', () => {
    const feed = new AlertFeed();
    const take = (rev: number, changes: Partial<Alert>) => feed.take(alertOf({ rev, stage: 'attempt', count: 1, ...changes }));
    expect([
      take(1, {}),
      take(1, {}),
      take(2, { count: 2 }),
      take(3, { count: 2, stage: 'exchange' }),
      take(2, { count: 2 }),
      take(4, { count: 3, stage: 'exchange' }),
      take(5, { count: 3, stage: 'exchange', state: 'closed' }),
    ]).toEqual(['new', 'repeat', 'update', 'grown', 'repeat', 'update', 'update']);
  });

  it('does not bother a person with a revision in which nothing changed that words would tell', () => {
    const feed = new AlertFeed();
    feed.take(alertOf());
    expect(feed.take(alertOf({ rev: 2, tsLast: '2026-01-20T18:40:00.000000Z' }))).toBe('repeat');
  });

  it('keeps boxes apart', () => {
    const feed = new AlertFeed();
    feed.take(alertOf());
    expect(feed.take(alertOf({ box: 'other-box' }))).toBe('new');
  });

  it('tells alerts of the centre once, again where they grow graver, and briefly where they only change', () => {
    const feed = new AlertFeed();
    const take = (rev: number, changes: Partial<CentreAlert> = {}) => feed.takeCentre(centreAlertOf({ rev, ...changes }));
    expect([
      take(1),
      take(1),
      take(2, { count: 2 }),
      take(3, { count: 2, severity: 4 }),
      take(4, { count: 2, severity: 4 }),
      take(5, { count: 2, severity: 4, state: 'closed' }),
    ]).toEqual(['new', 'repeat', 'update', 'grown', 'repeat', 'update']);
  });
});
