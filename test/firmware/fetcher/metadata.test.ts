import { copyFileSync, cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FolderSource } from '../../../firmware/fetcher/folder-source.ts';
import { MetadataFault, refreshMetadata } from '../../../firmware/fetcher/metadata.ts';
import { SourceFault } from '../../../firmware/fetcher/source.ts';
import { domains, TestCentre } from '../../centre/intel/repository/releases.ts';

describe('the metadata that a box keeps', { timeout: 60_000 }, () => {
  let centre: TestCentre;
  let former: string;
  let state: string;
  let kept: string;

  const refresh = (folder = centre.path(''), trustedMs = Date.now()) =>
    refreshMetadata({
      source: new FolderSource(folder),
      folder: kept,
      rootFile: join(state, 'root.json'),
      trustedMs,
      bytesPerSecondMax: 1e9,
    });
  const restore = () => {
    rmSync(kept, { recursive: true, force: true });
    cpSync(join(state, 'good'), kept, { recursive: true });
  };

  beforeAll(async () => {
    centre = new TestCentre();
    state = mkdtempSync(join(tmpdir(), 'metadata-'));
    kept = join(state, 'metadata');
    writeFileSync(join(state, 'root.json'), centre.repository.trustedRoot());
    await centre.publish(domains(0, 10));
    former = centre.copy();
    // Another key since then, and another root: the one of the claim alone is not enough to read what was kept.
    centre.repository.rotate('timestamp', [], undefined, Date.now());
    await centre.publish(domains(5, 10));
    await refresh();
    cpSync(kept, join(state, 'good'), { recursive: true });
  });
  afterAll(() => rmSync(state, { recursive: true, force: true }));

  it.each(['root', 'timestamp', 'snapshot', 'targets'])('is mended when %s.json is cut at any byte, and works as before', async (role) => {
    const path = join(kept, `${role}.json`);
    const whole = readFileSync(join(state, 'good', `${role}.json`));
    for (let length = 0; length < whole.length; length += Math.ceil(whole.length / 40)) {
      restore();
      writeFileSync(path, whole.subarray(0, length));
      const metadata = await refresh();
      expect(await metadata.target('main-2.vgd')).toBeDefined();
      expect(readFileSync(path).equals(whole)).toBe(true);
    }
  });

  it('does not go back to what it knows to be old, whichever other file is damaged', async () => {
    for (const role of ['root', 'snapshot', 'targets']) {
      restore();
      writeFileSync(join(kept, `${role}.json`), '{');
      await expect(refresh(former)).rejects.toThrow(MetadataFault);
      expect(readFileSync(join(kept, 'timestamp.json')).equals(readFileSync(join(state, 'good', 'timestamp.json')))).toBe(true);
    }
  });

  it('stays as it was where the repository is refused or away, and leaves nothing beside it', async () => {
    restore();
    const mirror = mkdtempSync(join(tmpdir(), 'mirror-'));
    cpSync(centre.path(''), mirror, { recursive: true });
    copyFileSync(join(former, 'metadata/timestamp.json'), join(mirror, 'metadata/timestamp.json'));
    await expect(refresh(mirror)).rejects.toThrow(MetadataFault);
    await expect(refresh(join(state, 'nothing'))).rejects.toThrow(SourceFault);
    await expect(refresh(centre.path(''), Date.now() + 400 * 86_400_000)).rejects.toThrow('has expired');
    expect(readdirSync(state).sort()).toEqual(['good', 'metadata', 'root.json']);
    for (const name of readdirSync(kept)) expect(readFileSync(join(kept, name)).equals(readFileSync(join(state, 'good', name)))).toBe(true);
    rmSync(mirror, { recursive: true });
  });

  it('needs no more than the root of the claim', async () => {
    rmSync(kept, { recursive: true });
    const metadata = await refresh();
    expect(metadata.names().sort()).toContain('main-2.vgd');
  });
});
