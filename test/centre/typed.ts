/** A command as a person types it, in a process of its own: what it said, and how it ended. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';

export interface Ran {
  status: number | null;
  out: string;
  err: string;
}

export async function typed(program: string, words: readonly string[], env: NodeJS.ProcessEnv): Promise<Ran> {
  const child = spawn(program, words, { stdio: ['ignore', 'pipe', 'pipe'], env });
  const ran: Ran = { status: null, out: '', err: '' };
  child.stdout.on('data', (chunk: Buffer) => {
    ran.out += chunk.toString('utf8');
  });
  child.stderr.on('data', (chunk: Buffer) => {
    ran.err += chunk.toString('utf8');
  });
  [ran.status] = await once(child, 'close');
  return ran;
}
