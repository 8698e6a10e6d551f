/** Publishes one release after the other until it is killed. Arguments: the folder of the indicators. */
import { join } from 'node:path';
import { buildRelease } from '../../../../centre/intel/release/build-release.ts';
import { ReleaseFolder } from '../../../../centre/intel/release/release-folder.ts';
import { publishedReleases, publishRelease } from '../../../../centre/intel/repository/publish-release.ts';
import { Repository } from '../../../../centre/intel/repository/repository.ts';

const folder = process.argv[2] ?? '';
const keys = join(folder, 'keys');
const repository = new Repository({ folder: join(folder, 'repository'), onlineKeys: keys, offlineKeys: keys });
const releases = new ReleaseFolder(folder);
const provenance = { source: 'list', confidence: 80, importedFirstMs: 1, importedLastMs: 2 };

process.stdout.write('begin\n');
for (;;) {
  const published = publishedReleases(repository).map(({ version }) => version);
  const shift = (published.at(-1) ?? 0) * 10;
  const entries = Array.from({ length: 2_000 }, (_, index) => ({
    kind: 'domain' as const,
    value: `n${String(shift + index).padStart(6, '0')}.bad.example`,
    isAllowance: false,
    provenances: [provenance],
  }));
  const nowMs = Date.now();
  const { version } = await buildRelease({ folder, channel: 'main', entries, own: [], published, nowMs });
  await publishRelease({ repository, releases, version, passphrase: undefined, nowMs });
  repository.rotate('timestamp', [], undefined, nowMs);
}
