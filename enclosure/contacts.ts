/** A JSON file -> the names and numbers on the label and the card, checked. No number stands in the code: authorities and their contacts change. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';

const line = (charactersMax: number) => z.string().trim().min(1).max(charactersMax);

export const contactsSchema = z.strictObject({
  agency: line(160).meta({ description: 'the agency in whose room the box hangs' }),
  itCentre: z
    .strictObject({ name: line(160), phone: line(40), email: line(80) })
    .meta({ description: "the province's contact point for incidents" }),
  national: z.strictObject({ name: line(160), phone: line(40) }).meta({ description: 'the national body for incidents' }),
});
export type Contacts = z.output<typeof contactsSchema>;

/** @throws Error, in one line that says what and where. */
export function readContacts(path: string): Contacts {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new Error(`${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
  const parsed = contactsSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new Error(`${path}: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not valid'}`);
}
