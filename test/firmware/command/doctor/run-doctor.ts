/** Runs `vonggac doctor --json` as a person would, and gives what it found. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const cli = fileURLToPath(new URL('../../../../firmware/cli.ts', import.meta.url));

export interface DoctorRun {
  status: number | null;
  /** By code. */
  findings: Record<string, { degree: string; [value: string]: unknown }>;
  errors: string;
}

/** `prefix`: a command that starts it elsewhere or with fewer rights. `meanwhile` is called once it runs. */
export async function runDoctor(words: readonly string[], prefix: readonly string[] = [], meanwhile?: () => void): Promise<DoctorRun> {
  const [program = '', ...rest] = [...prefix, process.execPath, cli, 'doctor', '--json', ...words];
  const child = spawn(program, rest, { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  let errors = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk.toString();
  });
  const closed = once(child, 'close');
  meanwhile?.();
  const [status] = (await closed) as [number | null];
  const lines = output.split('\n').filter((line) => line !== '');
  const findings = Object.fromEntries(
    lines.map((line) => {
      const { code, ...more } = JSON.parse(line) as { code: string; degree: string };
      return [code, more];
    }),
  );
  return { status, findings, errors };
}
