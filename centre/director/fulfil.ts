/** Orders that were recorded -> sent, waited for, and told: a line as each box answers, in the end a sum; or JSON. Sets the status that the program ends with. */
import type { Language } from '../../firmware/contract/language.ts';
import { type AwaitOptions, type Outcome, type ReportWatch, watchReports } from './await-reports.ts';
import { type ConfigOrder, newestEnvelope } from './config-orders.ts';
import { type Director, exitInterrupted, untilInterrupted } from './director.ts';
import type { DirectorLink } from './director-link.ts';
import { outcomeInWords, sumInWords } from './outcome-words.ts';
import { sendOrders } from './send-orders.ts';

export interface FulfilFlags {
  wait: boolean;
  timeout: number;
  confirm?: boolean;
  lang: Language;
  json?: boolean;
}

export async function fulfil(director: Director, orders: readonly ConfigOrder[], flags: FulfilFlags): Promise<void> {
  const { lang, json = false } = flags;
  const { signal, release } = untilInterrupted();
  const told = new Set<Outcome>();
  const tell = (outcome: Outcome) => {
    told.add(outcome);
    process.stdout.write(json ? `${JSON.stringify(outcome)}\n` : `${outcomeInWords(outcome, lang)}\n`);
  };
  const onOutcome = json ? undefined : tell;
  const link = await director.link();
  const outcomes = await outcomesOf(director, link, orders, { ...flags, timeoutMs: flags.timeout, signal, onOutcome });
  release();
  for (const outcome of outcomes) if (!told.has(outcome)) tell(outcome);
  if (!json) process.stdout.write(`${sumInWords(outcomes, lang)}\n`);
  process.stderr.write(
    advice(director, outcomes, lang)
      .map((line) => `vonggac-centre: ${line}\n`)
      .join(''),
  );
  const isDone = outcomes.every(({ state }) => state === 'applied' || state === 'scheduled' || state === 'sent');
  if (!isDone) process.exitCode = signal.aborted ? exitInterrupted : 1;
}

/** Never rejects: what could not be sent is an outcome too. */
async function outcomesOf(
  { register }: Director,
  link: DirectorLink,
  orders: readonly ConfigOrder[],
  options: AwaitOptions & { wait: boolean },
): Promise<Outcome[]> {
  const boxes = orders.map(({ box }) => box);
  const { wait, signal } = options;
  const isLater = orders.some(({ desired }) => Date.parse(desired.notBefore) > Date.now());
  let watch: ReportWatch | undefined;
  let fault: string | undefined;
  try {
    if (wait && !isLater) watch = await watchReports(link, orders, options);
  } catch (error) {
    fault = error instanceof Error ? error.message : String(error);
  }
  const { failed } =
    fault === undefined ? await sendOrders(register, link, boxes, signal) : { failed: new Map(boxes.map((box) => [box, fault])) };
  for (const [box, why] of failed) watch?.notSent(box, why);
  if (watch !== undefined) return watch.done;
  return orders.map(({ box, seq }) => {
    const reason = failed.get(box);
    return { box, seq, ms: 0, ...(reason === undefined ? { state: isLater ? 'scheduled' : 'sent' } : { state: 'not-sent', reason }) };
  });
}

function advice({ register }: Director, outcomes: readonly Outcome[], lang: Language): string[] {
  const lines: string[] = [];
  if (outcomes.some(({ state }) => state === 'not-sent'))
    lines.push(
      lang === 'vi'
        ? 'lệnh chưa gửi vẫn nằm trong sổ; gửi bằng: vonggac-centre config republish'
        : 'what was not sent stands in the register; send it with: vonggac-centre config republish',
    );
  const ahead = outcomes
    .filter(({ box, running = 0 }) => running > (newestEnvelope(register, box)?.seq ?? 0))
    .map(({ running = 0 }) => running);
  if (ahead.length > 0)
    lines.push(
      lang === 'vi'
        ? `thiết bị đã có lệnh số cao hơn sổ của trung tâm (sổ được khôi phục từ bản sao?); ra lệnh lại với --above ${Math.max(...ahead)}`
        : `a box has a later order than the register knows (was it restored from a copy?); order again with --above ${Math.max(...ahead)}`,
    );
  return lines;
}
