/** What `init` did, in words for the person who ran it: what there is, what must leave the server, what to do next. And the same for programs. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Language, Words } from '../../firmware/contract/language.ts';
import { isSealed } from '../authority/key-file.ts';
import { unitName, writtenClaimsFiles, writtenFiles } from '../broker/layout.ts';
import type { CentreFolder } from '../centre-folder.ts';
import type { MadeCentre } from './init.ts';
import type { Item, ItemState } from './item.ts';
import { releaseKeys } from './release-keys.ts';

const stateWords: Record<ItemState, Words> = {
  made: { vi: 'đã tạo', en: 'made' },
  renewed: { vi: 'đã gia hạn', en: 'renewed' },
  kept: { vi: 'giữ nguyên', en: 'kept' },
  away: { vi: 'cất nơi khác', en: 'elsewhere' },
  due: { vi: 'SẮP HẾT HẠN', en: 'ENDS SOON' },
};

const keyUses: Record<'serversKey' | 'boxesKey' | 'directorKey' | 'spareKey', Words> = {
  spareKey: {
    vi: 'dự phòng cho director.key, thiết bị cũng nghe lệnh của nó: cất vào tủ khóa; mất director.key thì đặt nó vào chỗ đó (spare.pub vào director.pub)',
    en: 'a spare for director.key, which boxes obey too: into a safe; where director.key is lost it takes its place (spare.pub that of director.pub)',
  },
  serversKey: {
    vi: 'chỉ cần khi chạy lại init (gia hạn chứng thư máy chủ): cất đi',
    en: 'needed by init alone, to renew certificates of servers: lock it away',
  },
  directorKey: {
    vi: 'ai có nó thì ra lệnh được cho mọi thiết bị: để ở máy của người trực, không để ở máy chủ',
    en: 'whoever has it commands every box: keep it with the officer in charge, not on the server',
  },
  boxesKey: {
    vi: 'cần cho registrar (nhận thiết bị mới, gia hạn) và revoke: bản sao dự phòng để nơi khác',
    en: 'needed by the registrar (new boxes, renewals) and revoke: keep a spare copy elsewhere',
  },
};

const keyNames = ['serversKey', 'directorKey', 'spareKey', 'boxesKey'] as const;

export function inWords(made: MadeCentre, language: Language): string {
  const later = [offlineSection, userSection, restartSection, nextSection].map((section) => section(made, language));
  const sections = [filesSection(made.items, language), ...later];
  return `${sections.filter((section) => section !== '').join('\n\n')}\n`;
}

/** Whatever was made or needs a look, line by line; what was there already is counted. */
function filesSection(items: readonly Item[], language: Language): string {
  const width = Math.max(...Object.values(stateWords).map((words) => words[language].length));
  const news = items.filter(({ state }) => state !== 'kept');
  const lines = news.map(({ state, path, notAfterMs }) => {
    const end = state === 'due' && notAfterMs !== undefined ? ` (${new Date(notAfterMs).toISOString().slice(0, 10)})` : '';
    return `${stateWords[state][language].padEnd(width)}  ${path}${end}`;
  });
  const kept = items.length - news.length;
  if (kept > 0)
    lines.push({ vi: `${kept} tệp đã có sẵn và được giữ nguyên`, en: `${kept} files were there already and were kept` }[language]);
  return lines.join('\n');
}

function offlineSection({ folder, isPassphraseMade, items }: MadeCentre, language: Language): string {
  const here = keyNames.filter((name) => isSealed(folder.file(name)) !== undefined);
  const open = here.filter((name) => isSealed(folder.file(name)) === false && folder.centre.keysFolder === undefined);
  const lines: string[] = [];
  if (isPassphraseMade) lines.push(passphraseWords(folder)[language]);
  if (open.length > 0)
    lines.push(
      {
        vi: '!! Khóa riêng KHÔNG có mật khẩu và nằm ngay trên máy này. Chỉ nên như vậy khi chạy thử.',
        en: '!! The private keys lie OPEN on this machine. Good for a trial only.',
      }[language],
    );
  const isNew = items.some(({ isOffline, state }) => isOffline && state === 'made');
  if (isNew || isPassphraseMade) {
    lines.push({ vi: 'Khóa riêng, phải có bản sao ở nơi khác:', en: 'Private keys; keep a copy of each elsewhere:' }[language]);
    for (const name of here) lines.push(`  ${folder.file(name)}\n    ${keyUses[name][language]}`);
    lines.push(...releaseKeyLines(folder, language));
  }
  return lines.join('\n');
}

function releaseKeyLines(folder: CentreFolder, language: Language): string[] {
  const { root, targets } = releaseKeys(folder);
  const here = root.filter((path) => existsSync(path));
  const lines: string[] = [];
  if (here.length > 0) lines.push(...here.map((path) => `  ${path}`), `    ${rootKeyUse[language]}`);
  if (existsSync(targets)) lines.push(`  ${targets}`, `    ${targetsKeyUse[language]}`);
  return lines;
}

const rootKeyUse: Words = {
  vi: 'cần hai trong ba khi đổi khóa hoặc mỗi năm một lần (intel keys): cất ở ba nơi khác nhau, không để ở máy chủ',
  en: 'two of the three are needed to change a key, and once a year (intel keys): put them in three places, none of them the server',
};
const targetsKeyUse: Words = {
  vi: 'ký mỗi bản phát hành danh sách chỉ báo (intel publish)',
  en: 'signs each release of indicators (intel publish)',
};

const passphraseWords = (folder: CentreFolder): Words => ({
  vi: `!! Mật khẩu của các khóa vừa được tạo và đang nằm trong ${folder.file('passphrase')}.
!! CHÉP ra giấy, cất vào tủ khóa, rồi xóa khỏi máy này: shred -u ${folder.file('passphrase')}
!! Mất mật khẩu là mất trung tâm: phải đến từng thiết bị để đăng ký lại.`,
  en: `!! A passphrase for the keys was made; it lies in ${folder.file('passphrase')}.
!! COPY it to paper, lock it away, and take it off this machine: shred -u ${folder.file('passphrase')}
!! Without it the centre is lost: every box would have to be visited and enrolled anew.`,
});

function userSection({ brokerUser, folder }: MadeCentre, language: Language): string {
  const user = folder.centre.broker?.user ?? '';
  const again = `sudo vonggac-centre init ${folder.path}`;
  if (brokerUser === undefined) return '';
  const command =
    brokerUser === 'no-such-user' ? `sudo adduser --system --group --no-create-home --home /nonexistent ${user}; ${again}` : again;
  return {
    vi: `Broker sẽ chạy dưới tài khoản ${user}, hiện chưa vào được thư mục của nó. Chạy:\n  ${command}`,
    en: `The broker is to run as ${user}, who cannot enter its folder yet. Run:\n  ${command}`,
  }[language];
}

/** A broker that runs has the former files in its memory. */
function restartSection({ items, folder }: MadeCentre, language: Language): string {
  if (!items.some(({ state, path }) => state === 'renewed' && path.startsWith(folder.file('broker')))) return '';
  const command = `sudo systemctl restart ${unitName} ${writtenClaimsFiles.unit}`;
  return {
    vi: `Tệp của broker đã thay đổi. Broker đang chạy thì phải khởi động lại mới có hiệu lực:\n  ${command}`,
    en: `Files of the broker have changed. One that is running takes them up when it is restarted:\n  ${command}`,
  }[language];
}

function nextSection({ folder }: MadeCentre, language: Language): string {
  const broker = folder.file('broker');
  const titles: Words = { vi: 'Việc tiếp theo (mỗi lệnh một cửa sổ):', en: 'Next (each in a terminal of its own):' };
  const service: Words = {
    vi: `Chạy lâu dài với systemd (${unitName}, ${writtenClaimsFiles.unit}): xem ${join(broker, writtenFiles.readme)}`,
    en: `To run them for good with systemd (${unitName}, ${writtenClaimsFiles.unit}): see ${join(broker, writtenFiles.readme)}`,
  };
  return [titles[language], ...commands(folder).map((command) => `  ${command}`), service[language]].join('\n');
}

function commands({ path, file }: CentreFolder): string[] {
  const centre = (name: string) => `vonggac-centre ${name} --centre ${path}`;
  return [
    join(file('broker'), writtenFiles.start),
    join(file('broker'), writtenClaimsFiles.start),
    centre('registrar'),
    centre('ingest'),
    `${centre('enrol')} --agency "…"`,
  ];
}

export function asJson({ folder, items, brokerUser, isPassphraseMade }: MadeCentre): object {
  return {
    folder: folder.path,
    items,
    privateKeys: keyNames.map((name) => ({ path: folder.file(name), state: keyState(isSealed(folder.file(name))) })),
    ...(isPassphraseMade ? { passphraseMade: folder.file('passphrase') } : {}),
    ...(brokerUser === undefined ? {} : { brokerUser }),
    next: commands(folder),
  };
}

const keyState = (sealed: boolean | undefined) => (sealed === undefined ? 'away' : sealed ? 'sealed' : 'open');
