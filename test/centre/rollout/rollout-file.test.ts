import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type RolloutState, releaseForAll, rolloutFileOf } from '../../../centre/rollout/rollout-file.ts';

describe('the release that a new box shall run too', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'rollout-file-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const release = { channel: 'main', version: 7, sha256: 'a'.repeat(64) };
  const releaseAfter = (change: Partial<RolloutState>) => {
    const file = rolloutFileOf(folder);
    file.lock()();
    file.write({
      schema: 'rollout/1',
      release,
      percents: [1, 100],
      overMs: 1,
      reportWithinMs: 1,
      armed: [],
      failed: [],
      outcome: 'done',
      started: '2026-11-23T00:00:00Z',
      ...change,
    });
    return releaseForAll(file);
  };

  it('is the one whose rollout went to all boxes and ended well', () => {
    expect(releaseForAll(rolloutFileOf(folder))).toBeUndefined();
    expect(releaseAfter({})).toEqual(release);
  });

  it('is none that was for some, was stopped, or did not go to the end', () => {
    expect(releaseAfter({ tag: 'pilot' })).toBeUndefined();
    expect(releaseAfter({ percents: [1, 10] })).toBeUndefined();
    for (const outcome of ['running', 'stopped', 'interrupted', 'aborted'] as const) expect(releaseAfter({ outcome })).toBeUndefined();
  });
});
