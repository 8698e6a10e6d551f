/** The printed parts as files -> what openscad and admesh say of them. At most two run at once. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Defines, definesOf, emptyWords, renderStl, run } from '../../enclosure/openscad.ts';
import type { Part } from '../../enclosure/parts.ts';

/** Circles of 16 corners: everything is there, and it is quick. A round hole loses 2 % of its radius, so what passes here passes in print. */
const quick = { $fn: 16 };

export const model = (path: string) => fileURLToPath(new URL(`../../enclosure/${path}`, import.meta.url));

export const missingTools = ['openscad', 'admesh'].filter((tool) => spawnSync(tool, ['--version']).error !== undefined);

export async function twoAtOnce(tasks: readonly (() => Promise<void>)[]): Promise<void> {
  const left = [...tasks];
  const worker = async () => {
    for (let task = left.shift(); task !== undefined; task = left.shift()) await task();
  };
  await Promise.all([worker(), worker()]);
}

export function renderPart(part: Part, folder: string): Promise<void> {
  return renderStl(model(part.model), join(folder, `${part.name}.stl`), { ...part.defines, ...quick });
}

/** The lid without letters: they are cut into its face and can meet nothing. */
export function renderPlainLid(folder: string): Promise<void> {
  return renderStl(model('parts/lid.scad'), join(folder, 'lid.stl'), { engraved: false, ...quick });
}

export interface Checked {
  isEmpty: boolean;
  /** Of what both have in common; undefined where that is nothing. */
  stl: string | undefined;
  /** What OpenSCAD said. */
  output: string;
}

export async function check(name: string, board: string, folder: string): Promise<Checked> {
  const stl = join(folder, `${board} ${name}.stl`);
  const defines: Defines = { board, check: name, parts: folder, ...quick };
  const { status, output } = await run('openscad', ['-o', stl, ...definesOf(defines), model('checks.scad')]);
  if (/WARNING|ERROR|Can't open/.test(output)) throw new Error(output);
  const isEmpty = output.includes(emptyWords);
  // Empty is the one reason for which it may fail.
  if (!isEmpty && status !== 0) throw new Error(output);
  return { isEmpty, stl: isEmpty ? undefined : stl, output };
}

export interface Mesh {
  parts: number;
  disconnected: number;
  degenerate: number;
  /** Edges fixed, facets removed, added, reversed. */
  repairs: number;
}

export function inspect(stl: string): Mesh {
  const { stdout } = spawnSync('admesh', [stl], { encoding: 'utf8' });
  const number = (pattern: RegExp) => {
    const found = pattern.exec(stdout)?.[1];
    if (found === undefined) throw new Error(`admesh does not say ${pattern}:\n${stdout}`);
    return Number(found);
  };
  const repairs = [/Edges fixed\s+:\s+(\d+)/, /Facets removed\s+:\s+(\d+)/, /Facets added\s+:\s+(\d+)/, /Facets reversed\s+:\s+(\d+)/];
  return {
    parts: number(/Number of parts\s+:\s+(\d+)/),
    disconnected: number(/Total disconnected facets\s+:\s+(\d+)/),
    degenerate: number(/Degenerate facets\s+:\s+(\d+)/),
    repairs: repairs.map(number).reduce((sum, value) => sum + value, 0),
  };
}

export type Point = readonly [number, number, number];

export function verticesOf(stl: string): Point[] {
  const lines = readFileSync(stl, 'utf8').matchAll(/^\s*vertex (\S+) (\S+) (\S+)$/gm);
  return Array.from(lines, ([, x, y, z]) => [Number(x), Number(y), Number(z)] as const);
}

/** Least and greatest of each axis. */
export function boundsOf(points: readonly Point[]): { least: Point; most: Point } {
  const least: [number, number, number] = [Infinity, Infinity, Infinity];
  const most: [number, number, number] = [-Infinity, -Infinity, -Infinity];
  for (const point of points) {
    for (const axis of [0, 1, 2] as const) {
      least[axis] = Math.min(least[axis], point[axis]);
      most[axis] = Math.max(most[axis], point[axis]);
    }
  }
  return { least, most };
}
