/** What the tests of supervision share: a configuration for child-program.ts, its log, and the children of this process. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ChildCommand } from '../../../firmware/command/supervisor.ts';
import { projectFile } from '../../bench/command.ts';
import type { Deed } from './child-program.ts';

export const program = projectFile('test/firmware/command/child-program.ts');

export class Deeds {
  readonly folder = mkdtempSync(join(tmpdir(), 'vonggac-supervisor-'));
  readonly path = join(this.folder, 'deeds.json');

  /** From the next start on. */
  set(deeds: Partial<Record<string, Deed>>): void {
    writeFileSync(this.path, JSON.stringify(deeds));
  }

  /** What happened to the children, in order. */
  get log(): string[] {
    const path = `${this.path}.log`;
    return existsSync(path) ? readFileSync(path, 'utf8').split('\n').filter(Boolean) : [];
  }

  command(name: string, more: Partial<ChildCommand> = {}): ChildCommand {
    const args = [name, this.path];
    return { name, args, runtimeOptions: [], environment: {}, killAfterMs: 1_000, reloads: false, ...more };
  }

  /** Ids of the children that run under this name now. */
  pids(name: string): number[] {
    const children = readFileSync(`/proc/self/task/${process.pid}/children`, 'latin1').trim().split(' ').filter(Boolean).map(Number);
    return children.filter((pid) => commandLineOf(pid).includes(`${name}\0${this.path}`));
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Empty for one that has just died. */
function commandLineOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1');
  } catch {
    return '';
  }
}
