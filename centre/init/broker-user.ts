/** Whom the broker runs as, and that this user can enter its folders and no other of the centre. */
import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, readdirSync, statSync } from 'node:fs';
import { userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import type { BrokerLayout } from '../broker/layout.ts';

/** The one of our guide, else that of Debian's package. */
const usualUsers = ['vonggac-broker', 'mosquitto'];
const ownFolderMode = 0o700;
/** The broker passes through; it cannot look round. */
const passableMode = 0o710;
/** New files in it get the broker's group. */
const brokerFolderMode = 0o2750;

interface Ids {
  uid: number;
  gid: number;
}

/** Root does not run a broker where a user for it can reach the folder; anybody else can but run it himself. */
export function brokerUser(folder: string): string {
  const { username, uid } = userInfo();
  if (uid !== 0 || !isReachable(dirname(folder))) return username;
  return usualUsers.find((name) => idsOf(name) !== undefined) ?? username;
}

function isReachable(folder: string): boolean {
  const found = statSync(folder, { throwIfNoEntry: false });
  const parent = dirname(folder);
  return (found === undefined || (found.mode & 0o001) !== 0) && (parent === folder || isReachable(parent));
}

function idsOf(user: string): Ids | undefined {
  try {
    const id = (what: string) => Number(execFileSync('id', [what, user], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }));
    return { uid: id('-u'), gid: id('-g') };
  } catch {
    return undefined;
  }
}

/** Returns what a person has yet to do, if anything. */
export function letBrokerIn(
  centreFolder: string,
  { folder, stateFolder, logFolder, user }: BrokerLayout,
): 'no-such-user' | 'not-root' | undefined {
  const { username, uid } = userInfo();
  if (user === username) {
    chmodSync(centreFolder, ownFolderMode);
    return undefined;
  }
  const ids = idsOf(user);
  if (ids === undefined) return 'no-such-user';
  if (uid !== 0) return 'not-root';
  chownSync(centreFolder, uid, ids.gid);
  chmodSync(centreFolder, passableMode);
  for (const name of readdirSync(folder)) chownSync(join(folder, name), uid, ids.gid);
  chownSync(folder, uid, ids.gid);
  chmodSync(folder, brokerFolderMode);
  for (const own of [stateFolder, logFolder]) chownSync(own, ids.uid, ids.gid);
  return undefined;
}
