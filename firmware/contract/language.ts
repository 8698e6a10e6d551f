/** The two languages of what people read, and how text from the wire is made fit to be shown to them. JSON is never translated. */

export const languages = ['vi', 'en'] as const;
export type Language = (typeof languages)[number];
/** The same text in both. */
export type Words = Record<Language, string>;

/** Longest text of one field: a name or a URL longer than this is cut, since the rest says nothing to a reader. */
const fieldCharactersMax = 200;

/** `vi` where the environment says Vietnamese, else `en`. */
export function languageOf(environment: Readonly<Record<string, string | undefined>>): Language {
  const value = environment.LC_ALL || environment.LC_MESSAGES || environment.LANG || '';
  return value.startsWith('vi') ? 'vi' : 'en';
}

/** Takes out what could steer a terminal or turn text around: control characters, line ends, Unicode direction marks. */
export function plain(text: string, charactersMax: number = fieldCharactersMax): string {
  const clean = text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '\u{fffd}');
  return clean.length <= charactersMax ? clean : `${clean.slice(0, charactersMax)}…`;
}

/** Breaks a text at spaces so that no line is longer than `columns`, save a single word that is; later lines begin with `indent` spaces. */
export function wrapped(text: string, columns: number, indent: number): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const room = columns - (lines.length === 0 ? 0 : indent);
    if (line !== '' && line.length + 1 + word.length > room) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line].join(`\n${' '.repeat(indent)}`);
}
