/** `vonggac-centre enrol`: flags in; boxes and claims in the register and claim files out, all of them or none; and what to do with them. */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { type Contact, claimFileName } from '../../firmware/contract/claim.ts';
import { type Language, plain } from '../../firmware/contract/language.ts';
import { type CentreFolder, openCentreFolder } from '../centre-folder.ts';
import type { EnrolFlags } from '../command/enrol.ts';
import { UserError } from '../command/user-error.ts';
import { boxIds, findBox, insertBox, type NewBox } from '../register/boxes.ts';
import { insertClaim, type NewClaim } from '../register/claims.ts';
import { inTransaction, openRegisterFile, recordEvent } from '../register/register-file.ts';
import { reloadBroker, writeBoxesRights } from '../revoke/broker-lists.ts';
import { freeId } from './box-id.ts';
import { type CentreWords, centreWords, claimFileOf, claimPath, writeClaimFile } from './claim-files.ts';
import { contactOf, contactsMax, type Enrolment, faultsOf, type ListedEnrolment, readEnrolmentList } from './enrolment-list.ts';

const dayMs = 86_400_000;
/** Far more than a list of the whole province has. */
const listBytesMax = 8 * 1024 * 1024;
/** A list of another kind altogether is wrong in every line. */
const faultsShownMax = 100;

type Wanted = Enrolment & { line?: number };

const withoutIndicators: Record<Language, string> = {
  vi: 'Trung tâm chưa phát hành danh sách địa chỉ độc hại (vonggac-centre intel keys create), nên tệp đăng ký không chỉ ra nơi lấy.',
  en: 'the centre publishes no indicators yet (vonggac-centre intel keys create), so the claim files do not say where to fetch them',
};

export interface Made {
  box: NewBox;
  claim: NewClaim;
  path: string;
}

export async function enrol(flags: EnrolFlags): Promise<void> {
  const made = await enrolBoxes(flags);
  process.stdout.write(flags.json ? made.map(jsonLine).join('') : inWords(made, flags));
}

/** Rejects with a `UserError` where anything is wrong: then nobody was enrolled. */
export async function enrolBoxes(flags: EnrolFlags): Promise<Made[]> {
  const folder = openCentreFolder(flags.centre);
  const wanted = wantedBoxes(flags);
  const words = await centreWords(folder);
  if (words.intelligence === undefined) process.stderr.write(`vonggac-centre: ${withoutIndicators[flags.lang]}\n`);
  const out = flags.out === undefined ? folder.file('claims') : resolve(flags.out);
  const register = openRegisterFile(folder.file('register'));
  try {
    const isRevoked = flags.again !== undefined && findBox(register, flags.again)?.revokedMs !== undefined;
    const make = () => (flags.again === undefined ? newBoxes(register, wanted, flags.csv) : [knownBox(register, flags.again)]);
    const made = allOrNone(register, make, { words, out, lifetimeMs: flags.days * dayMs });
    if (isRevoked) await giveRightsBack(folder, register);
    return made;
  } finally {
    register.close();
  }
}

/** Certificates that were revoked stay so; it is the name that may be used again. */
async function giveRightsBack(folder: CentreFolder, register: DatabaseSync): Promise<void> {
  try {
    await writeBoxesRights(folder, register);
    await reloadBroker(folder);
  } catch (error) {
    const reason = plain(error instanceof Error ? error.message : String(error));
    process.stderr.write(`vonggac-centre: the broker still refuses this box; have it read its files anew (${reason})\n`);
  }
}

/** Throws a `UserError` where the flags do not fit together, or anything in them is wrong. */
function wantedBoxes({ agency, id, tag = [], contact = [], csv, again }: EnrolFlags): readonly Wanted[] {
  const ways = [agency, csv, again].filter((way) => way !== undefined);
  if (ways.length !== 1) throw new UserError('say who is to be enrolled, in one way: --agency NAME, --csv FILE or --again ID');
  if (agency === undefined && (id !== undefined || tag.length > 0 || contact.length > 0))
    throw new UserError(`--id, --tag and --contact belong to --agency, not to ${csv === undefined ? '--again' : '--csv'}`);
  if (again !== undefined) return [];
  if (csv !== undefined) return listed(csv);
  const contacts = contact.map((text) => contactOf(text) ?? wrongContact(text));
  if (contacts.length > contactsMax) throw new UserError(`at most ${contactsMax} contacts can be given`);
  const one = { agency: (agency ?? '').trim().normalize('NFC'), ...(id === undefined ? {} : { id }), tags: [...new Set(tag)], contacts };
  const [fault] = faultsOf(one);
  if (fault !== undefined) throw new UserError(fault);
  return [one];
}

function wrongContact(text: string): Contact {
  throw new UserError(`"${text}" is no contact: give "name;role;phone;email", of which all but the name may be left out`);
}

function listed(file: string): ListedEnrolment[] {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    throw new UserError(`--csv ${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (bytes.length > listBytesMax) throw new UserError(`--csv ${file} has ${bytes.length} bytes; is it the right file?`);
  const { rows, faults } = readEnrolmentList(bytes);
  if (faults.length > 0) refuse(file, faults);
  return rows;
}

/** Every fault with its line, then the one line that says what became of it. */
function refuse(file: string, faults: readonly { line: number; text: string }[]): never {
  for (const { line, text } of faults.slice(0, faultsShownMax)) process.stderr.write(`${file}:${line}: ${plain(text)}\n`);
  const count = faults.length === 1 ? 'a fault' : `${faults.length} faults`;
  throw new UserError(`${file} has ${count}, so nobody was enrolled; mend it and try again`);
}

/** Throws a `UserError` where a box has one of the ids already. */
function newBoxes(register: DatabaseSync, wanted: readonly Wanted[], file: string | undefined): NewBox[] {
  const known = new Set(boxIds(register));
  const faults = wanted.flatMap(({ id, line = 0 }) =>
    id !== undefined && known.has(id) ? [{ line, text: `there is a box ${id} already (a new claim for it: --again ${id})` }] : [],
  );
  if (faults.length > 0 && file !== undefined) refuse(file, faults);
  if (faults[0] !== undefined) throw new UserError(faults[0].text);
  // A name that the list gives is not given away to a line above it.
  const taken = new Set([...known, ...wanted.flatMap(({ id }) => id ?? [])]);
  return wanted.map(({ agency, id, tags, contacts }) => {
    const box = { box: id ?? freeId(agency, (candidate) => taken.has(candidate)), agency, contacts, tags };
    taken.add(box.box);
    insertBox(register, box);
    recordEvent(register, 'enrol', box.box, `registered for ${agency}`);
    return box;
  });
}

/** One that was revoked may come back with another card; its certificates stay revoked. */
function knownBox(register: DatabaseSync, id: string): NewBox {
  const box = findBox(register, id);
  if (box === undefined) throw new UserError(`there is no box ${plain(id)}: vonggac-centre boxes lists them`);
  register.prepare('update box set revoked_ms = null, revoke_reason = null where box = ?').run(id);
  if (box.revokedMs !== undefined) recordEvent(register, 'reinstate', id, 'a new claim was made for a box that was revoked');
  return box;
}

interface ClaimPlan {
  words: CentreWords;
  out: string;
  lifetimeMs: number;
}

/** The files are written before the register has them: a claim that nobody knows is worth nothing, a known one without its file would be lost. */
function allOrNone(register: DatabaseSync, boxes: () => readonly NewBox[], { words, out, lifetimeMs }: ClaimPlan): Made[] {
  const folders: string[] = [];
  try {
    return inTransaction(register, () =>
      boxes().map((box) => {
        const claim = insertClaim(register, box.box, lifetimeMs);
        recordEvent(register, 'claim', box.box, `claim file written, good until ${new Date(claim.expiresMs).toISOString()}`);
        const path = claimPath(out, box.box);
        const folder = dirname(path);
        if (!existsSync(folder)) folders.push(folder);
        writeClaimFile(path, claimFileOf(words, box, claim));
        return { box, claim, path };
      }),
    );
  } catch (error) {
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
    if (error instanceof UserError || !(error instanceof Error && 'code' in error && 'syscall' in error)) throw error;
    throw new UserError(`the claim files cannot be written, so nobody was enrolled: ${error.message}`);
  }
}

function jsonLine({ box, claim, path }: Made): string {
  const { box: id, agency, tags, contacts } = box;
  const expires = new Date(claim.expiresMs).toISOString();
  return `${JSON.stringify({ box: id, agency, tags, contacts, claim: claim.claim, expires, file: path })}\n`;
}

/** More of them are found in the folder. */
const boxesShownMax = 300;

function inWords(made: readonly Made[], { again, lang }: EnrolFlags): string {
  const rows = made.slice(0, boxesShownMax).map(({ box, path: file }) => `${box.box}  ${plain(box.agency)}\n    ${file}`);
  const day = new Date(made[0]?.claim.expiresMs ?? 0).toISOString().slice(0, 10);
  return `${[...rows, '', ...nextSteps[lang](day, again !== undefined)].join('\n')}\n`;
}

const nextSteps: Record<Language, (day: string, isAgain: boolean) => string[]> = {
  vi: (day, isAgain) => [
    'Việc tiếp theo, với từng thiết bị:',
    `  1. Chép tệp ${claimFileName} của thiết bị vào phân vùng khởi động (bootfs, tức /boot/firmware) của thẻ nhớ.`,
    '  2. Cắm thẻ, cắm dây, bật nguồn: thiết bị tự lấy chứng thư rồi xóa tệp.',
    '  3. Theo dõi bằng: vonggac-centre boxes',
    `Tệp chỉ dùng được một lần, đến hết ngày ${day}. Ai có tệp này đều có thể mạo danh thiết bị: đừng gửi qua thư điện tử, chép xong hãy xóa.`,
    ...(isAgain ? ['Chứng thư cũ còn hiệu lực đến khi tệp mới được dùng. Thẻ cũ bị mất: thu hồi ngay bằng vonggac-centre revoke.'] : []),
  ],
  en: (day, isAgain) => [
    'What to do next, for each box:',
    `  1. Copy its ${claimFileName} to the boot partition (bootfs, which is /boot/firmware) of its memory card.`,
    '  2. Insert the card, plug the cables in, switch it on: the box fetches its certificate and destroys the file.',
    '  3. See how far it is: vonggac-centre boxes',
    `A file works once, and until ${day}. Whoever has it can pass for the box: do not send it by mail, and delete it once it is copied.`,
    ...(isAgain
      ? ['The old certificate is good until the new file is used. If the old card was lost: revoke it at once with vonggac-centre revoke.']
      : []),
  ],
};
