/** The version of the product, from the one place where it is written. */
import { readFileSync } from 'node:fs';

const manifest: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));

export const version =
  typeof manifest === 'object' && manifest !== null && 'version' in manifest && typeof manifest.version === 'string'
    ? manifest.version
    : '0.0.0';

/** When this version was made: whatever its clock says, for a box that runs it it is later. */
export const releaseDate = '2026-11-23';
