/** `vonggac-centre revoke`: the id of a box in; shut out in the register, at the broker and in its session; and every step said, done or left. */
import { readFileSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { type Language, plain, type Words } from '../../firmware/contract/language.ts';
import { down } from '../../firmware/contract/topics.ts';
import { Authority } from '../authority/authority.ts';
import { isSealed, readKeyFile } from '../authority/key-file.ts';
import { endSession } from '../broker/session.ts';
import { EditedFiles } from '../broker/write-config.ts';
import { type CentreFolder, openCentreFolder, serviceAccess } from '../centre-folder.ts';
import { passphraseOf } from '../command/passphrase.ts';
import type { RevokeFlags } from '../command/revoke.ts';
import { UserError } from '../command/user-error.ts';
import { openConnection } from '../connection.ts';
import { findBox } from '../register/boxes.ts';
import { openRegisterFile } from '../register/register-file.ts';
import { reloadBroker, writeBoxesList, writeBoxesRights } from './broker-lists.ts';
import { revokeInRegister } from './revoked.ts';

const answerTimeoutMs = 10_000;
const exitLeft = 1;

/** `rights` after `session`: the broker publishes the will of the box with the rights that it has then, and the centre should hear it. */
export type RevocationStep = 'register' | 'list' | 'session' | 'rights' | 'orders';

export interface Revocation {
  box: string;
  /** False where it was revoked before. */
  isNew: boolean;
  /** In order. Without a problem, it is done. */
  steps: { step: RevocationStep; problem?: string }[];
}

const stepWords: Record<RevocationStep, Words> = {
  register: {
    vi: 'sổ đăng ký: thiết bị, chứng thư và phiếu đăng ký hết hiệu lực',
    en: 'register: box, certificates and claims count no more',
  },
  list: { vi: 'broker không nhận chứng thư của thiết bị nữa', en: 'the broker refuses its certificates' },
  session: { vi: 'phiên đang mở đã bị ngắt', en: 'its session is ended' },
  rights: { vi: 'thiết bị không còn quyền gì tại broker', en: 'it has no rights at the broker' },
  orders: { vi: 'cấu hình dành cho thiết bị bị rút khỏi broker', en: 'its configuration is withdrawn from the broker' },
};

export async function revoke(box: string, flags: RevokeFlags): Promise<void> {
  const folder = openCentreFolder(flags.centre);
  const register = openRegisterFile(folder.file('register'));
  try {
    const done = await revokeBox({ folder, register, box, reason: flags.reason, passphrase: () => passphraseOf(folder, flags) });
    process.stdout.write(flags.json ? `${JSON.stringify(done)}\n` : inWords(done, folder, flags.lang));
    if (done.steps.some(({ problem }) => problem !== undefined)) process.exitCode = exitLeft;
  } finally {
    register.close();
  }
}

export interface RevokeParts {
  folder: CentreFolder;
  register: DatabaseSync;
  box: string;
  reason: string;
  passphrase: () => Promise<string | undefined>;
}

/** Rejects with a `UserError` where the box is unknown or the key is away: then nothing was changed. Harmless when run again. */
export async function revokeBox({ folder, register, box, reason, passphrase }: RevokeParts): Promise<Revocation> {
  if (findBox(register, box) === undefined) throw new UserError(`there is no box ${box}: vonggac-centre boxes lists them`);
  const keyFile = folder.file('boxesKey');
  // Nobody is asked for a passphrase where there is nothing to open.
  const key = readKeyFile(keyFile, isSealed(keyFile) ? await passphrase() : undefined);
  const authority = Authority.open(readFileSync(folder.file('boxesAuthority'), 'utf8'), key);
  const isNew = revokeInRegister(register, box, reason);
  const steps: Revocation['steps'] = [{ step: 'register' }];
  const take = async (step: RevocationStep, work: () => Promise<void>) => {
    const problem = await work().then(() => undefined, problemOf);
    steps.push(problem === undefined ? { step } : { step, problem });
    return problem === undefined;
  };
  const isShutOut = await take('list', async () => {
    await writeBoxesList(folder, register, authority);
    await reloadBroker(folder);
  });
  // Before that the box would be back at once.
  await take('session', () =>
    isShutOut ? endSession(box, serviceAccess(folder, 'director')) : Promise.reject(new Error('not before the broker refuses it')),
  );
  await take('rights', async () => {
    await writeBoxesRights(folder, register);
    await reloadBroker(folder);
  });
  await take('orders', () => withdrawOrders(box, folder));
  return { box, isNew, steps };
}

/** An empty retained message takes away the one before (MQTT 5 §3.3.1.3). */
async function withdrawOrders(box: string, folder: CentreFolder): Promise<void> {
  const signal = AbortSignal.timeout(answerTimeoutMs);
  const connection = await openConnection(serviceAccess(folder, 'director'), {}, (_message, done) => done(), signal);
  try {
    await connection.publish(down.configDesired(box), '', { retain: true });
  } finally {
    await connection.end();
  }
}

function problemOf(error: unknown): string {
  if (error instanceof EditedFiles) return `${error.message}: add the lines "user ID" and "topic deny #" for it by hand`;
  return error instanceof Error ? error.message : String(error);
}

function inWords({ box, isNew, steps }: Revocation, { path }: CentreFolder, language: Language): string {
  const isLeft = steps.some(({ problem }) => problem !== undefined);
  const heading: Words = isNew
    ? { vi: `Đã thu hồi thiết bị ${box}:`, en: `The box ${box} is revoked:` }
    : {
        vi: `Thiết bị ${box} đã bị thu hồi từ trước; làm nốt phần còn lại:`,
        en: `The box ${box} was revoked before; what was left of it:`,
      };
  const state: Record<'done' | 'left', Words> = { done: { vi: 'xong      ', en: 'done' }, left: { vi: 'CHƯA XONG ', en: 'LEFT' } };
  const lines = steps.map(({ step, problem }) =>
    problem === undefined
      ? `  ${state.done[language]}  ${stepWords[step][language]}`
      : `  ${state.left[language]}  ${stepWords[step][language]}: ${plain(problem, 500)}`,
  );
  const again = `vonggac-centre revoke ${box} --centre ${path}`;
  const next: Words = {
    vi: `Chưa xong. Danh sách đã ghi có hiệu lực từ lần broker khởi động tới; cho đến lúc đó thiết bị có thể vẫn còn kết nối. Sau đó chạy nốt:\n  ${again}`,
    en: `Not finished. What was written holds from the next start of the broker on; until then the box may be connected. Then finish it:\n  ${again}`,
  };
  return `${[heading[language], ...lines, ...(isLeft ? [next[language]] : [])].join('\n')}\n`;
}
