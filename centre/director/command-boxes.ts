/** `command`: what was typed -> a question to each box, and its answer in words or JSON. What boxes say is shown as plain text. */
import { type CommandName, commandArguments } from '../../firmware/contract/command-message.ts';
import { type Language, plain, type Words } from '../../firmware/contract/language.ts';
import { UserError } from '../command/user-error.ts';
import { type Answer, type AnswerState, ask } from './ask-command.ts';
import { withDirector } from './config-set.ts';
import { type BoxFlags, chosenBoxes, type DirectorFlags, exitInterrupted, untilInterrupted } from './director.ts';
import { resultInWords } from './result-words.ts';

export interface CommandFlags extends DirectorFlags, BoxFlags {
  seconds?: number;
  process?: 'sensor' | 'agent';
  author: string;
  wait: number;
  lang: Language;
  json?: boolean;
}

/** `retro-match` is asked by `hunt`. */
const typedCommands = ['identify', 'lamp-test', 'restart', 'doctor', 'evidence', 'rotate-key'] as const satisfies readonly CommandName[];
type TypedCommand = (typeof typedCommands)[number];

interface Typed {
  ids: string[];
  command: TypedCommand;
  arguments: Record<string, unknown>;
}

const stateWords: Record<AnswerState, Words> = {
  done: { vi: 'đã làm', en: 'done' },
  refused: { vi: 'TỪ CHỐI', en: 'REFUSED' },
  failed: { vi: 'KHÔNG LÀM ĐƯỢC', en: 'FAILED' },
  away: { vi: 'vắng mặt, chỉ nhận nếu trở lại trong 5 phút', en: 'away, gets it only if it is back within 5 minutes' },
  silent: { vi: 'KHÔNG TRẢ LỜI', en: 'NO ANSWER' },
  'not-sent': { vi: 'CHƯA GỬI', en: 'NOT SENT' },
};
const textCharactersMax = 1_000;

export async function commandBoxes(words: readonly string[], flags: CommandFlags): Promise<void> {
  const { ids, command, arguments: given } = typed(words, flags);
  await withDirector(flags, async (director) => {
    const questions = chosenBoxes(director.register, ids, flags).map((box) => ({ box, command, arguments: given }));
    const { signal, release } = untilInterrupted();
    const told = new Set<Answer>();
    const tell = (answer: Answer) => {
      told.add(answer);
      process.stdout.write(flags.json === true ? answerAsJson(answer) : `${answerInWords(answer, flags.lang)}\n`);
    };
    const onAnswer = flags.json === true ? undefined : tell;
    const answers = await ask(director, questions, { author: flags.author, waitMs: flags.wait, signal, onAnswer });
    release();
    for (const answer of answers) if (!told.has(answer)) tell(answer);
    if (answers.some(({ state }) => state !== 'done')) process.exitCode = signal.aborted ? exitInterrupted : 1;
  });
}

/** The command is the last word, or the last but one where it takes a word itself: a box may have the name of a command. */
function typed(words: readonly string[], { seconds, process: name }: CommandFlags): Typed {
  const takesWord = words.at(-2) === 'evidence';
  const command = typedCommands.find((one) => one === words.at(takesWord ? -2 : -1));
  if (command === undefined) throw new UserError(`${words.at(-1)} is no command: there are ${typedCommands.join(', ')}`);
  if (command === 'evidence' && !takesWord) throw new UserError('say of which alert: evidence ID');
  if (seconds !== undefined && command !== 'identify') throw new UserError('--seconds is for identify');
  if (name !== undefined && command !== 'restart') throw new UserError('--process is for restart');
  const given = {
    ...(takesWord ? { id: words.at(-1) } : {}),
    ...(seconds === undefined ? {} : { seconds }),
    ...(name === undefined ? {} : { process: name }),
  };
  const parsed = commandArguments[command].safeParse(given);
  if (!parsed.success)
    throw new UserError(`${command}: ${parsed.error.issues[0]?.path.join('.') ?? ''}: ${parsed.error.issues[0]?.message ?? ''}`);
  return { ids: words.slice(0, takesWord ? -2 : -1), command, arguments: parsed.data };
}

function answerInWords({ box, state, response, reason, command, ms }: Answer, lang: Language): string {
  const message = response?.message ?? reason;
  const parts = [
    `${box}  ${command}: ${stateWords[state][lang]}`,
    response?.code === undefined ? '' : `[${response.code}]`,
    message === undefined ? '' : plain(message, textCharactersMax),
    response === undefined ? '' : `(${(ms / 1_000).toFixed(1)} s)`,
  ];
  const lines = response === undefined ? [] : resultInWords(command, response.result, lang);
  return [parts.filter((part) => part !== '').join(' '), ...lines.map((line) => `    ${line}`)].join('\n');
}

function answerAsJson({ response, ...answer }: Answer): string {
  const { result, ...rest } = response ?? {};
  try {
    return `${JSON.stringify({ ...answer, ...(response === undefined ? {} : { response: { ...rest, result } }) })}\n`;
  } catch {
    // Nested so deep that it can be read but not written: nothing that a box of ours makes.
    return `${JSON.stringify({ ...answer, response: rest })}\n`;
  }
}
