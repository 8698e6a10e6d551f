/** What a box found, as the result of a command -> lines for a person. Hostile input: whatever does not look as expected is left out. */
import { z } from 'zod';
import type { CommandName } from '../../firmware/contract/command-message.ts';
import { type Language, plain, type Words } from '../../firmware/contract/language.ts';

const linesMax = 200;
const lineCharactersMax = 300;
const text = z.string().max(2_000);

const nothing: Words = { vi: 'Không thấy gì sai.', en: 'Nothing was found wrong.' };

/** The tables of words are on the box, so it sends each finding in both languages, as its own doctor prints it. */
const doctorResultSchema = z.object({
  findings: z.array(z.object({ code: text, degree: text, vi: text.optional(), en: text.optional() })),
});

export function resultInWords(command: CommandName, result: unknown, lang: Language): string[] {
  const parsed = doctorResultSchema.safeParse(result);
  if (command !== 'doctor' || !parsed.success) return [];
  const { findings } = parsed.data;
  if (findings.length === 0) return [nothing[lang]];
  const lines = findings.flatMap(({ code, degree, [lang]: words }) => (words ?? `${degree}: ${code}`).split('\n'));
  return lines.slice(0, linesMax).map((line) => plain(line, lineCharactersMax));
}
