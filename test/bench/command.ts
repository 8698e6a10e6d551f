/** The command lines that the bench measures. */

import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const pinnedNode = `${root}node_modules/.bin/node`;

/** The runtime that the box has, also when the bench itself was started by another one. */
export const node = existsSync(pinnedNode) ? pinnedNode : process.execPath;
export const projectFile = (path: string): string => `${root}${path}`;

export function vonggac(...words: readonly string[]): string[] {
  return [node, projectFile('firmware/cli.ts'), ...words];
}

export function replayCommand(intel: string, capture: string, ...options: readonly string[]): string[] {
  return vonggac('replay', '--intel', intel, ...options, capture);
}

/** The reference: reads every packet, decides nothing, writes it to nowhere. */
export function tcpdumpCommand(capture: string): string[] {
  return ['tcpdump', '-r', capture, '-w', '/dev/null'];
}
