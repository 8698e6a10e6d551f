/**
 * `config set`, `rollback` and `republish`: orders are recorded, sent and waited for. Where key or broker cannot be had, nothing is recorded. What was
 * recorded and could not be sent is told, and sent by `republish`.
 */
import { canonicalJson } from '../../firmware/contract/canonical-json.ts';
import { type Language, plain } from '../../firmware/contract/language.ts';
import { exitUsage, UserError } from '../command/user-error.ts';
import { releaseForAll, rolloutFileOf } from '../rollout/rollout-file.ts';
import { type ConfigDocument, type ConfigOrder, latestOrder, orderConfig, ordersOf, orderWithSeq } from './config-orders.ts';
import { type BoxFlags, chosenBoxes, Director, type DirectorFlags } from './director.ts';
import { fulfil } from './fulfil.ts';
import { leftOutInWords } from './left-out.ts';
import { sendOrders } from './send-orders.ts';
import { faultsInWords, readSettings } from './settings-file.ts';

const leftOutCharactersMax = 2_000;

export interface OrderFlags extends DirectorFlags, BoxFlags {
  author: string;
  comment?: string;
  expires?: number;
  notBefore?: number;
  above?: number;
  wait: boolean;
  timeout: number;
  confirm?: boolean;
  lang: Language;
  json?: boolean;
}

export async function setConfig(ids: readonly string[], file: string, flags: OrderFlags): Promise<void> {
  const read = await readSettings(file);
  if (read.faults !== undefined) {
    process.stderr.write(`vonggac-centre: ${faultsInWords(file, read.faults)}\n`);
    process.exitCode = exitUsage;
    return;
  }
  const { document } = read;
  await withDirector(flags, async (director) => {
    const boxes = chosenBoxes(director.register, ids, flags);
    const { key } = await director.ready();
    const former = boxes.flatMap((box) => {
      const order = latestOrder(director.register, box);
      return order === undefined ? [] : [[box, order.desired.settings] as const];
    });
    const leftOut = leftOutInWords(new Map(former), document, flags.lang);
    if (leftOut !== undefined) process.stderr.write(`vonggac-centre: ${plain(leftOut, leftOutCharactersMax)}\n`);
    // The release is the matter of `intel`: it stays as it was ordered last; a box that has none yet shall run what all others do.
    const common = releaseForAll(rolloutFileOf(director.folder.file('intelligence')));
    const change = ({ release }: ConfigDocument) => ({ settings: document, release: release ?? common });
    await fulfil(director, orderConfig(director.register, key, { boxes, change, ...termsOf(flags) }), flags);
  });
}

export interface RollbackFlags extends OrderFlags {
  to?: number;
  withRelease?: boolean;
}

/** A new order with the settings of a former one: the one named, or the last whose settings were others. */
export async function rollbackConfig(ids: readonly string[], flags: RollbackFlags): Promise<void> {
  await withDirector(flags, async (director) => {
    const { register } = director;
    const former = new Map(chosenBoxes(register, ids, flags).map((box) => [box, formerOrder(director, box, flags.to)]));
    const boxes = [...former].flatMap(([box, order]) => (order === undefined ? [] : [box]));
    const without = [...former.keys()].filter((box) => !boxes.includes(box));
    const missing = flags.to === undefined ? 'no former settings' : `no order ${flags.to}`;
    if (boxes.length === 0)
      throw new UserError(`${without.join(', ')}: ${missing} in the register (config history ID lists what there is)`);
    for (const box of without) process.stderr.write(`vonggac-centre: ${box}: ${missing} in the register; it is left as it is\n`);
    const { key } = await director.ready();
    const change = (current: ConfigDocument, box: string) => {
      const desired = former.get(box)?.desired ?? current;
      return { settings: desired.settings, release: flags.withRelease === true ? desired.release : current.release };
    };
    const comment = flags.comment ?? (flags.to === undefined ? 'rollback' : `rollback to order ${flags.to}`);
    await fulfil(director, orderConfig(register, key, { boxes, change, ...termsOf(flags), comment }), flags);
  });
}

function formerOrder({ register }: Director, box: string, seq: number | undefined): ConfigOrder | undefined {
  if (seq !== undefined) return orderWithSeq(register, box, seq);
  const [latest, ...earlier] = ordersOf(register, box);
  const settings = canonicalJson(latest?.desired.settings);
  return earlier.find(({ desired }) => canonicalJson(desired.settings) !== settings);
}

export interface RepublishFlags extends DirectorFlags, BoxFlags {
  author: string;
  renewWithin: number;
  lang: Language;
  json?: boolean;
}

/** The newest order of each box once more, for a broker that lost it; what expires soon is ordered anew, with the same content. */
export async function republishConfig(ids: readonly string[], flags: RepublishFlags): Promise<void> {
  await withDirector(flags, async (director) => {
    const { register } = director;
    const isEvery = ids.length === 0 && flags.tag === undefined;
    const newest = chosenBoxes(register, ids, isEvery ? { all: true } : flags).flatMap((box) => latestOrder(register, box) ?? []);
    if (newest.length === 0) throw new UserError('nothing was ordered of these boxes yet (vonggac-centre config set)');
    const old = newest.filter(({ desired }) => Date.parse(desired.expires) < Date.now() + flags.renewWithin).map(({ box }) => box);
    const link = await director.link();
    if (old.length > 0) {
      const comment = 'renewed';
      orderConfig(register, await director.key(), { boxes: old, change: (current) => current, author: flags.author, comment });
    }
    const boxes = newest.map(({ box }) => box);
    const { failed } = await sendOrders(register, link, boxes);
    const renewed = new Set(old);
    if (flags.json === true) {
      const lines = boxes.map((box) => ({ box, seq: latestOrder(register, box)?.seq, renewed: renewed.has(box), sent: !failed.has(box) }));
      process.stdout.write(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    } else process.stdout.write(`${republishedInWords(boxes.length, old.length, failed, flags.lang)}\n`);
    if (failed.size > 0) process.exitCode = 1;
  });
}

function republishedInWords(boxes: number, renewed: number, failed: ReadonlyMap<string, string>, lang: Language): string {
  const sum =
    lang === 'vi'
      ? `Lệnh đã gửi lại: ${boxes - failed.size}, trong đó được gia hạn: ${renewed}`
      : `Orders sent again: ${boxes - failed.size}, of which renewed: ${renewed}`;
  return [sum, ...[...failed].map(([box, why]) => `${box}: ${lang === 'vi' ? 'CHƯA GỬI' : 'NOT SENT'}: ${why}`)].join('\n');
}

function termsOf({ author, comment, expires, notBefore, above }: OrderFlags) {
  return { author, comment, lifetimeMs: expires, notBeforeMs: notBefore, aboveSeq: above };
}

export async function withDirector(flags: DirectorFlags, work: (director: Director) => Promise<void>): Promise<void> {
  const director = new Director(flags);
  try {
    await work(director);
  } finally {
    await director.close();
  }
}
