/** Runs `vonggac` as a process of its own, as a person at a terminal would. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';

const cli = fileURLToPath(new URL('../../../firmware/cli.ts', import.meta.url));

export interface Ended {
  code: number | null;
  out: string;
  error: string;
  /** Lines on standard error. */
  errorLines: string[];
}

export interface RunInput {
  /** Bytes for standard input; without them it is at its end at once. */
  input?: Uint8Array;
  /** Reads only so many bytes of standard output, then closes it. */
  readOnlyBytes?: number;
}

export function vonggac(args: readonly string[], { input, readOnlyBytes }: RunInput = {}): Promise<Ended> {
  const child = spawn(process.execPath, [cli, ...args], { stdio: 'pipe', env: { ...process.env, LANG: 'C.UTF-8', NO_COLOR: '1' } });
  let out = '';
  let error = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
    if (readOnlyBytes !== undefined && out.length >= readOnlyBytes) child.stdout.destroy();
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    error += text;
  });
  child.stdin.on('error', () => undefined); // a program that ends without reading its input is no fault of the test
  child.stdin.end(input ?? new Uint8Array(0));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, out, error, errorLines: error.split('\n').filter((line) => line !== '') }));
  });
}

/** A folder for the files of one test file, removed at its end. */
export function scratch(): { path(name: string): string; write(name: string, content: string | Uint8Array): string } {
  const folder = mkdtempSync(join(tmpdir(), 'vonggac-command-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return {
    path: (name) => join(folder, name),
    write: (name, content) => {
      writeFileSync(join(folder, name), content);
      return join(folder, name);
    },
  };
}
