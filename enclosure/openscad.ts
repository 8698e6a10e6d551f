/** Runs the programs that make STL, PNG and PDF, and says what to install where one is missing. Knows nothing of the case. */
import { spawn } from 'node:child_process';

/** A part takes seconds; a machine under load minutes. */
const timeoutMs = 600_000;
const outputCharactersMax = 100_000;

/** Program -> Debian package. */
const packages: Readonly<Record<string, string>> = {
  openscad: 'openscad',
  'xvfb-run': 'xvfb xauth',
  'rsvg-convert': 'librsvg2-bin',
};

export interface Outcome {
  status: number | null;
  /** Standard output and error, as they came. */
  output: string;
}

export function run(program: string, args: readonly string[]): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    // Not spawn's own limit: its timer outlives a program that could not be started, and the command would wait for it.
    const limit = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
    let output = '';
    const take = (piece: string) => {
      output = (output + piece).slice(-outputCharactersMax);
    };
    child.stdout.setEncoding('utf8').on('data', take);
    child.stderr.setEncoding('utf8').on('data', take);
    child.once('error', (error: NodeJS.ErrnoException) => {
      clearTimeout(limit);
      const missing = error.code === 'ENOENT' ? ` (Debian: apt install ${packages[program] ?? program})` : '';
      reject(new Error(`${program}: ${error.message}${missing}`));
    });
    child.once('close', (status) => {
      clearTimeout(limit);
      resolve({ status, output });
    });
  });
}

export type Defines = Readonly<Record<string, string | number | boolean>>;

export function definesOf(defines: Defines): string[] {
  return Object.entries(defines).flatMap(([name, value]) => ['-D', `${name}=${JSON.stringify(value)}`]);
}

/** OpenSCAD's words for "nothing is left". It then writes no file and ends with an error. */
export const emptyWords = 'Current top level object is empty.';

/** A model -> an STL file. @throws Error where OpenSCAD made none, or warned: a warning is a fault in the model. */
export async function renderStl(model: string, stl: string, defines: Defines): Promise<void> {
  const { status, output } = await run('openscad', ['-o', stl, ...definesOf(defines), model]);
  if (status !== 0 || /WARNING|ERROR/.test(output)) throw new Error(`${model}: openscad failed:\n${output.trim()}`);
}

export interface View {
  /** Degrees, as OpenSCAD's camera takes them. */
  turn: readonly [number, number, number];
  size: readonly [number, number];
}

/** A scene -> a picture. OpenSCAD draws only on a display; without one it writes an empty file. */
export async function renderPng(scene: string, png: string, view: View, defines: Defines): Promise<void> {
  const look = [`--camera=0,0,0,${view.turn.join(',')},500`, '--autocenter', '--viewall', '--projection=p', '--colorscheme=Tomorrow'];
  const args = ['-a', 'openscad', '-o', png, `--imgsize=${view.size.join(',')}`, ...look, ...definesOf(defines), scene];
  const { status, output } = await run('xvfb-run', args);
  if (status !== 0 || /WARNING|ERROR/.test(output)) throw new Error(`${scene}: openscad failed:\n${output.trim()}`);
}

export async function renderPdf(svg: string, pdf: string): Promise<void> {
  const { status, output } = await run('rsvg-convert', ['-f', 'pdf', '-o', pdf, svg]);
  if (status !== 0) throw new Error(`${svg}: rsvg-convert failed:\n${output.trim()}`);
}
