/** Contacts and advice of a place -> what is added to the general advice of every alert, in both languages and of bounded length. Pure. */
import type { Contact } from '../../contract/claim.ts';
import type { Advice } from './advice.ts';
import type { AlertRules } from './rules.ts';

/** People read it on a telephone: ten long contacts would bury what to do. */
const contactsCharactersMax = 600;
const adviceCharactersMax = 1000;

/** Begins with a space where there is anything to say; advice in one language alone stands in both. */
export function localAdvice({ contacts, advice }: Pick<AlertRules, 'contacts' | 'advice'>): Advice {
  const people = fitting(contacts.map(contactText));
  const text = (own: string | undefined, other: string | undefined, call: string) =>
    [(own ?? other ?? '').slice(0, adviceCharactersMax), people === '' ? '' : `${call}: ${people}.`]
      .map((part) => part.trim())
      .filter((part) => part !== '')
      .map((part) => ` ${part}`)
      .join('');
  return { vi: text(advice.vi, advice.en, 'Gọi'), en: text(advice.en, advice.vi, 'Call') };
}

/** `Nguyễn Văn A (trực ban) 0205 3812 345, a@example.vn`. */
function contactText({ name, role, phone, email }: Contact): string {
  const who = [name, role === undefined || role === '' ? undefined : `(${role})`, phone].filter((part) => part !== undefined).join(' ');
  return email === undefined || email === '' ? who : `${who}, ${email}`;
}

/** As many as fit, in their order: whoever wrote the list put the first one first. */
function fitting(texts: readonly string[]): string {
  let joined = '';
  for (const text of texts) {
    const longer = joined === '' ? text : `${joined}; ${text}`;
    if (longer.length > contactsCharactersMax) break;
    joined = longer;
  }
  return joined;
}
