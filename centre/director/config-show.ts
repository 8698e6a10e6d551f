/** `config get`, `diff`, `history` and `check`: what the register holds of one box, and what a document would change. Orders nothing. */
import type { DatabaseSync } from 'node:sqlite';
import { vietnamTime } from '../../firmware/contract/alert-words.ts';
import { type ConfigReported, configReportedSchema } from '../../firmware/contract/config-message.ts';
import { type Language, plain, type Words } from '../../firmware/contract/language.ts';
import { openCentreFolder } from '../centre-folder.ts';
import { UserError } from '../command/user-error.ts';
import { findBox } from '../register/boxes.ts';
import { openRegisterFile } from '../register/register-file.ts';
import { type ConfigDocument, type ConfigOrder, latestOrder, ordersOf, orderWithSeq } from './config-orders.ts';
import { differencesInWords, differencesOf } from './settings-difference.ts';
import { faultsInWords, nameOf, readSettings } from './settings-file.ts';

export interface ShowFlags {
  centre?: string;
  lang: Language;
  json?: boolean;
}

const reportedWords: Record<ConfigReported['state'], Words> = {
  applied: { vi: 'đã áp dụng', en: 'applied' },
  rejected: { vi: 'BỊ TỪ CHỐI', en: 'REJECTED' },
  rolled_back: { vi: 'ĐÃ TỰ QUAY LẠI', en: 'ROLLED BACK' },
  none: { vi: 'chưa nhận lệnh nào', en: 'no order was ever accepted' },
};
const labels = {
  unsent: { vi: 'CHƯA GỬI', en: 'NOT SENT' },
  release: { vi: 'danh sách', en: 'release' },
  until: { vi: 'nhận đến', en: 'accepted until' },
  nothing: { vi: 'Chưa có lệnh nào.', en: 'Nothing was ordered yet.' },
  running: { vi: 'đang chạy', en: 'running' },
} satisfies Record<string, Words>;

export async function getConfig(box: string, flags: ShowFlags & { seq?: number; reported?: boolean }): Promise<void> {
  withRegister(flags, box, (register) => {
    if (flags.reported === true) {
      const reported = reportedOf(register, box);
      if (reported === undefined) throw new UserError(`${box} has reported nothing yet (does vonggac-centre registrar run?)`);
      process.stdout.write(`${JSON.stringify(reported, undefined, 2)}\n`);
      return;
    }
    const { desired } = orderOf(register, box, flags.seq);
    // As a file that `config set` takes, unless a program asks for all of it.
    process.stdout.write(`${JSON.stringify(flags.json === true ? desired : desired.settings, undefined, 2)}\n`);
  });
}

/** Without `other`: from what the box runs to what was ordered last. A number: from that order to the last. Else a file: from the last to it. */
export async function diffConfig(box: string, other: string | undefined, flags: ShowFlags): Promise<void> {
  const read = other === undefined || /^\d+$/.test(other) ? undefined : await readSettings(other);
  if (read?.faults !== undefined) throw new UserError(faultsInWords(other ?? '', read.faults));
  withRegister(flags, box, (register) => {
    const last: ConfigDocument = latestOrder(register, box)?.desired ?? { settings: {} };
    let [before, after] = [last, last];
    if (read !== undefined) after = { settings: read.document, release: last.release };
    else if (other !== undefined) before = orderOf(register, box, Number(other)).desired;
    else before = runningOf(register, box);
    const asJson = () => differencesOf(before, after).map((one) => `${JSON.stringify(one)}\n`);
    if (flags.json === true) process.stdout.write(asJson().join(''));
    else process.stdout.write(`${differencesInWords(before, after, flags.lang)}\n`);
  });
}

export async function showHistory(box: string, flags: ShowFlags): Promise<void> {
  withRegister(flags, box, (register) => {
    const orders = ordersOf(register, box);
    const reported = reportedOf(register, box);
    if (flags.json === true) {
      const lines = orders.map(({ desired, envelope: _, ...order }) => ({
        ...order,
        notBefore: desired.notBefore,
        expires: desired.expires,
        release: desired.release,
      }));
      process.stdout.write(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    } else
      process.stdout.write(
        `${orders.length === 0 ? labels.nothing[flags.lang] : orders.map((order) => orderInWords(order, reported, flags.lang)).join('\n')}\n`,
      );
  });
}

export async function checkConfig(file: string, flags: { json?: boolean; lang: Language }): Promise<void> {
  const { faults = [] } = await readSettings(file);
  if (faults.length > 0) process.exitCode = 1;
  if (flags.json === true) process.stdout.write(faults.map((fault) => `${JSON.stringify(fault)}\n`).join(''));
  else if (faults.length > 0) process.stderr.write(`vonggac-centre: ${faultsInWords(file, faults)}\n`);
  else process.stdout.write(`${nameOf(file)}: ${flags.lang === 'vi' ? 'hợp lệ' : 'valid'}\n`);
}

function orderInWords(
  { seq, createdMs, author, comment, publishedMs, desired, hash }: ConfigOrder,
  reported: ConfigReported | undefined,
  lang: Language,
): string {
  const { release } = desired;
  const parts = [
    String(seq).padStart(4),
    vietnamTime(new Date(createdMs).toISOString()),
    hash.slice(0, 8),
    publishedMs === undefined ? labels.unsent[lang] : '',
    reported?.running.seq === seq ? labels.running[lang] : reported?.seq === seq ? reportedWords[reported.state][lang] : '',
    release === undefined ? '' : `${labels.release[lang]} ${release.channel} ${release.version}`,
    author === undefined ? '' : plain(author),
    comment === undefined ? '' : plain(comment),
    `(${labels.until[lang]} ${vietnamTime(desired.expires)})`,
  ];
  return parts.filter((part) => part !== '').join('  ');
}

function orderOf(register: DatabaseSync, box: string, seq: number | undefined): ConfigOrder {
  const order = seq === undefined ? latestOrder(register, box) : orderWithSeq(register, box, seq);
  if (order !== undefined) return order;
  throw new UserError(
    seq === undefined
      ? `nothing was ordered of ${box} yet (vonggac-centre config set)`
      : `the register has no order ${seq} of ${box} (vonggac-centre config history ${box})`,
  );
}

/** What the box says it runs; where it says nothing, or an order that the register does not have, its own file alone. */
function runningOf(register: DatabaseSync, box: string): ConfigDocument {
  const { seq } = reportedOf(register, box)?.running ?? {};
  return (seq === undefined ? undefined : orderWithSeq(register, box, seq)?.desired) ?? { settings: {} };
}

function reportedOf(register: DatabaseSync, box: string): ConfigReported | undefined {
  const body = register.prepare('select body from config_reported where box = ?').get(box)?.body;
  return typeof body === 'string' ? configReportedSchema.safeParse(JSON.parse(body)).data : undefined;
}

function withRegister(flags: ShowFlags, box: string, work: (register: DatabaseSync) => void): void {
  const register = openRegisterFile(openCentreFolder(flags.centre).file('register'));
  try {
    if (findBox(register, box) === undefined) throw new UserError(`there is no box ${box} (vonggac-centre boxes lists them)`);
    work(register);
  } finally {
    register.close();
  }
}
