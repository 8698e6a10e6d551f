/** The name of an agency -> ids for its boxes that people can read, say on the telephone, and type. Knows nothing of the register but which ids are taken. */

/** As `boxIdPattern` has it. */
const idCharactersMax = 32;
/** What every office in Vietnam is shortened to, by everybody. */
const shortForms: readonly (readonly [string, string])[] = [
  ['uy-ban-nhan-dan', 'ubnd'],
  ['hoi-dong-nhan-dan', 'hdnd'],
  ['uy-ban-mat-tran-to-quoc', 'ubmttq'],
  ['vien-kiem-sat-nhan-dan', 'vksnd'],
  ['toa-an-nhan-dan', 'tand'],
];
/** For a name that has no letter of ours. */
const nameless = 'box';

/** `UBND huyện Cao Lộc` -> `ubnd-huyen-cao-loc`. */
export function slugOf(agency: string): string {
  const ascii = agency.normalize('NFD').replaceAll(/\p{M}/gu, '').replaceAll(/[đĐ]/g, 'd').toLowerCase();
  const slug = ascii.replaceAll(/[^a-z0-9]+/g, '-').replaceAll(/^-|-$/g, '');
  const short = shortForms.reduce((text, [long, form]) => text.replace(long, form), slug);
  return short === '' ? nameless : short;
}

/** The first of `slug-1`, `slug-2`, … that is free, cut at a word where the name is long. */
export function freeId(agency: string, isTaken: (id: string) => boolean): string {
  const slug = slugOf(agency);
  for (let number = 1; ; number++) {
    const id = `${cut(slug, idCharactersMax - `-${number}`.length)}-${number}`;
    if (!isTaken(id)) return id;
  }
}

function cut(slug: string, charactersMax: number): string {
  if (slug.length <= charactersMax) return slug;
  const begin = slug.slice(0, charactersMax + 1);
  const wordEnd = begin.lastIndexOf('-');
  // A single word longer than an id has no better place to be cut at.
  return wordEnd > 0 ? begin.slice(0, wordEnd) : begin.slice(0, charactersMax);
}
