/** `vonggac-centre intel keys create|rotate|renew|show`: the keys of the repository, for the people who hold them. */
import type { Language } from '../../../firmware/contract/language.ts';
import { type CentreFolder, openCentreFolder } from '../../centre-folder.ts';
import { type PassphraseFlags, passphraseOf } from '../../command/passphrase.ts';
import { withFaultsForUser } from '../release/fault-for-user.ts';
import { dueInWords, dueOf } from './due.ts';
import { rootThreshold } from './metadata.ts';
import { type Repository, repositoryOf } from './repository.ts';
import type { RoleName } from './repository-folder.ts';

export interface KeysFlags extends PassphraseFlags {
  centre?: string;
  rootKey?: string[];
  lang: Language;
  json?: boolean;
}

async function opened(flags: KeysFlags): Promise<{ folder: CentreFolder; repository: Repository; passphrase: string | undefined }> {
  const folder = openCentreFolder(flags.centre);
  return { folder, repository: repositoryOf(folder), passphrase: await passphraseOf(folder, flags) };
}

function print(flags: KeysFlags, value: object, lines: readonly string[]): void {
  process.stdout.write(`${flags.json === true ? JSON.stringify(value) : lines.join('\n')}\n`);
}

export async function createKeys(flags: KeysFlags): Promise<void> {
  const { repository, passphrase } = await opened(flags);
  const rootKeys = await withFaultsForUser(async () => repository.create(passphrase, Date.now()));
  print(flags, { rootKeys, sealed: passphrase !== undefined }, [
    flags.lang === 'vi' ? 'Đã tạo kho phát hành. Ba khoá gốc:' : 'The repository is made. Its three root keys:',
    ...rootKeys.map((path) => `  ${path}`),
    ...offlineInWords(flags.lang),
    ...(passphrase === undefined ? openInWords(flags.lang) : []),
  ]);
}

function offlineInWords(lang: Language): string[] {
  return lang === 'vi'
    ? [
        `Mỗi khoá gốc phải được chuyển sang một thiết bị lưu trữ riêng, do một người giữ, và xoá khỏi máy này: cần ${rootThreshold} trong 3 khoá để đổi khoá.`,
      ]
    : [
        `Move each to a medium of its own, kept by another person, and off this machine: ${rootThreshold} of the 3 are needed to change keys.`,
      ];
}

function openInWords(lang: Language): string[] {
  return [
    lang === 'vi'
      ? 'Các khoá này KHÔNG có mật khẩu: chỉ dùng để thử, hoặc cất trên thiết bị riêng.'
      : 'They lie open, without a passphrase: for trying out, or on media that are locked away.',
  ];
}

export async function rotateKeys(role: RoleName, flags: KeysFlags): Promise<void> {
  const { repository, passphrase } = await opened(flags);
  const paths = await withFaultsForUser(async () => repository.rotate(role, flags.rootKey ?? [], passphrase, Date.now()));
  print(flags, { role, keys: paths }, [
    flags.lang === 'vi' ? `Khoá mới của ${role}:` : `New keys of ${role}:`,
    ...paths.map((path) => `  ${path}`),
    ...(role === 'root' ? offlineInWords(flags.lang) : []),
  ]);
}

export async function renewRoot(flags: KeysFlags): Promise<void> {
  const { repository, passphrase } = await opened(flags);
  await withFaultsForUser(async () => repository.renewRoot(flags.rootKey ?? [], passphrase, Date.now()));
  const { expires } = repository.chain().root.signed;
  print(flags, { role: 'root', expires }, [flags.lang === 'vi' ? `root có hiệu lực đến ${expires}` : `root is good until ${expires}`]);
}

/** Exit status 1: something is due. */
export function showKeys(flags: KeysFlags): void {
  const repository = repositoryOf(openCentreFolder(flags.centre));
  const states = repository.state(Date.now());
  if (states.some(({ isDue }) => isDue)) process.exitCode = 1;
  const lines = states.map(({ role, version, expires, keys, threshold, isDue }) => {
    const due = isDue ? (flags.lang === 'vi' ? '  CẦN KÝ LẠI' : '  DUE') : '';
    const until = flags.lang === 'vi' ? 'hiệu lực đến' : 'good until';
    return `${role.padEnd(10)} ${String(version).padStart(5)}  ${until} ${expires}  ${threshold}/${keys.length}  ${keys.map((id) => id.slice(0, 8)).join(' ')}${due}`;
  });
  const how = dueOf(repository, Date.now()).map((state) => dueInWords(state, flags.lang));
  print(flags, { roles: states }, [...lines, ...how]);
}
