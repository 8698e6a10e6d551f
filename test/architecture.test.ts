/** The rules of the house that a machine can check: who may import whom, how long a file and a function may be, and that no file is dead. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseAst } from 'rolldown/parseAst';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const linesOfFileMax = 300;
const linesOfFunctionMax = 60;

/** What each part of the house may import beside itself and `contract`. The stages run one way. */
const mayImport: Record<string, readonly string[]> = {
  'firmware/contract': [],
  'firmware/sensor/bytes': [],
  'firmware/sensor/capture': ['firmware/sensor/bytes'],
  // The shape of a frame is what capture and decode agree on.
  'firmware/sensor/decode': ['firmware/sensor/bytes', 'firmware/sensor/capture/frame.ts'],
  'firmware/sensor/observe': ['firmware/sensor/bytes', 'firmware/sensor/decode'],
  'firmware/sensor/intel': ['firmware/sensor/bytes'],
  'firmware/sensor/detect': ['bytes', 'decode', 'observe', 'intel'].map((stage) => `firmware/sensor/${stage}`),
  'firmware/sensor/alert': ['bytes', 'decode', 'observe', 'intel', 'detect'].map((stage) => `firmware/sensor/${stage}`),
  'firmware/sensor/memory': [
    ...['bytes', 'decode', 'observe', 'intel', 'detect', 'alert'].map((stage) => `firmware/sensor/${stage}`),
    'firmware/restarting-worker.ts',
  ],
  'firmware/sensor/evidence': ['bytes', 'decode', 'observe', 'alert'].map((stage) => `firmware/sensor/${stage}`),
  'firmware/outbox': ['firmware/restarting-worker.ts'],
  'firmware/agent': ['firmware/outbox'],
  // A process of its own: it alone meets both the network and the form of compiled sets.
  'firmware/fetcher': ['firmware/sensor/bytes', 'firmware/sensor/intel'],
  // One schema of the settings, and one form of compiled indicators, for both sides.
  centre: ['firmware/settings.ts', 'firmware/settings-file.ts', 'firmware/overlay.ts', 'firmware/sensor/intel', 'firmware/sensor/bytes'],
};

/** Files that wire the parts together: those that stand beside the stages, not in one, and the commands of the command line. */
const isWiring = (file: string) =>
  /(^|\/)(main|pipeline|cli|config)\.ts$/.test(file) ||
  /^firmware\/(sensor\/)?[^/]+\.ts$/.test(file) ||
  file.startsWith('firmware/command/');

/** Where programs start. A file that none of them reaches is dead. */
const entries = ['firmware/cli.ts', 'centre/cli.ts', 'centre/demo/main.ts'];
const entryFolders = ['test/bench', 'test/captures'];

interface Node {
  type: string;
  start: number;
  end: number;
  [field: string]: unknown;
}

interface SourceFile {
  path: string;
  text: string;
  program: Node;
  imports: readonly string[];
}

function filesBelow(folder: string): string[] {
  if (!existsSync(join(root, folder))) return [];
  const names = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' });
  return names.filter((name) => name.endsWith('.ts') && !name.includes('node_modules')).map((name) => `${folder}/${name}`);
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
}

function* nodesOf(node: Node): Generator<Node> {
  yield node;
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? value : [value]) if (isNode(child)) yield* nodesOf(child);
  }
}

/** Paths within the project that a file imports, types included; `new URL(…)` of a worker's file counts too. */
function importsOf(path: string, program: Node): string[] {
  const found: string[] = [];
  for (const node of nodesOf(program)) {
    const isUrl = node.type === 'NewExpression' && isNode(node.callee) && node.callee.name === 'URL' && Array.isArray(node.arguments);
    const source = isUrl ? (node.arguments as unknown[])[0] : node.source;
    if (!isNode(source) || typeof source.value !== 'string' || !source.value.startsWith('.') || !source.value.endsWith('.ts')) continue;
    found.push(normalize(join(dirname(path), source.value)));
  }
  return found;
}

/** Names of the values, not the types, that a file takes from a package. */
function importedFrom({ program }: SourceFile, name: string): unknown[] {
  return [...nodesOf(program)]
    .filter(({ type, source }) => type === 'ImportDeclaration' && isNode(source) && source.value === name)
    .flatMap(({ specifiers }) => (Array.isArray(specifiers) ? specifiers : []).filter(isNode))
    .filter(({ importKind }) => importKind !== 'type')
    .map(({ imported, local }) => (isNode(imported) ? imported.name : isNode(local) ? `all of it as ${local.name}` : undefined));
}

function load(path: string): SourceFile {
  const text = readFileSync(join(root, path), 'utf8');
  const parsed: unknown = parseAst(text.replace(/^#!.*/, ''), { lang: 'ts' }, path);
  if (!isNode(parsed)) throw new Error(`${path}: not parsed`);
  return { path, text, program: parsed, imports: importsOf(path, parsed) };
}

const product = ['firmware', 'centre', 'appliance', 'enclosure'].flatMap(filesBelow).map(load);
const programsOfTests = entryFolders
  .flatMap(filesBelow)
  .filter((path) => !path.endsWith('.test.ts'))
  .map(load);

const partOf = (path: string) => Object.keys(mayImport).find((part) => path.startsWith(`${part}/`));

describe('the architecture', () => {
  it('lets imports run one way: bytes <- decode <- observe <- detect <- alert, outbox <- agent, and contract for all', () => {
    const faults: string[] = [];
    for (const { path, imports } of product) {
      const part = partOf(path);
      if (part === undefined || isWiring(path)) continue;
      for (const target of imports) {
        const other = partOf(target);
        const isAllowed =
          other === part || other === 'firmware/contract' || mayImport[part]?.some((allowed) => target === allowed || other === allowed);
        if (!isAllowed) faults.push(`${path} imports ${target}`);
      }
    }
    expect(faults).toEqual([]);
  });

  it('has a place for every file', () => {
    const strays = product
      .map(({ path }) => path)
      .filter((path) => /^(firmware|centre)\//.test(path) && partOf(path) === undefined && !isWiring(path));
    expect(strays).toEqual([]);
    expect(product.map(({ path }) => path).filter((path) => /\/(utils?|helpers?|common)(\/|\.ts$)/.test(path))).toEqual([]);
  });

  it(`keeps files within ${linesOfFileMax} lines`, () => {
    const tooLong = product
      .map(({ path, text }) => ({ path, lines: text.split('\n').length - 1 }))
      .filter(({ lines }) => lines > linesOfFileMax);
    expect(tooLong).toEqual([]);
  });

  it(`keeps functions within ${linesOfFunctionMax} lines`, () => {
    const isFunction = ({ type }: Node) => ['FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression'].includes(type);
    const tooLong: string[] = [];
    for (const { path, text, program } of [...product, ...programsOfTests]) {
      for (const node of nodesOf(program)) {
        if (!isFunction(node)) continue;
        const lines = text.slice(node.start, node.end).split('\n').length;
        if (lines > linesOfFunctionMax) tooLong.push(`${path}:${text.slice(0, node.start).split('\n').length}: ${lines} lines`);
      }
    }
    expect(tooLong).toEqual([]);
  });

  it('has no dead files: each is reached from a command, the demonstration or the bench', () => {
    const known = new Map([...product, ...programsOfTests].map((file) => [file.path, file]));
    const reached = new Set<string>();
    const queue = [...entries, ...programsOfTests.map(({ path }) => path)];
    for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
      if (reached.has(path)) continue;
      reached.add(path);
      queue.push(...(known.get(path)?.imports ?? []));
    }
    const dead = product.map(({ path }) => path).filter((path) => /^(firmware|centre)\//.test(path) && !reached.has(path));
    expect(dead).toEqual([]);
  });

  it('opens every file with a comment that says what it is', () => {
    const bare = product.filter(({ text }) => !/^(#!.*\n)?\/\*\*/.test(text)).map(({ path }) => relative('.', path));
    expect(bare).toEqual([]);
  });

  const filesOf = (folder: RegExp) => product.filter(({ path }) => folder.test(path));
  const packagesOf = ({ text }: SourceFile) =>
    [...text.matchAll(/(?:from|import\(|require\()\s*'([^'.][^']*)'/g)].map(([, name]) => name ?? '');

  it('has no clock, no timer and no I/O in decode, observe, detect and alert: a replay gives what the box gave', () => {
    const stages = filesOf(/^firmware\/sensor\/(bytes|decode|observe|detect|alert)\/|^firmware\/sensor\/pipeline\.ts$/);
    const clock =
      /\b(Date\.now\b|performance\.now\b|new Date\(\)|hrtime\b|setTimeout\b|setInterval\b|setImmediate\b|queueMicrotask\b|async |await )/;
    const withoutComments = (text: string) => text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*/g, '');
    expect(stages.filter(({ text }) => clock.test(withoutComments(text))).map(({ path }) => path)).toEqual([]);
    const harmless = ['node:buffer', 'node:crypto', 'zod'];
    expect(stages.flatMap((file) => packagesOf(file).filter((name) => !harmless.includes(name)))).toEqual([]);
  });

  it('gives the sensor no network: it parses hostile bytes, and one file of it connects to the path of a unix socket', () => {
    const network = /^(node:)?(net|tls|http|https|http2|dgram|dns|dns\/promises|cluster|inspector)$|^(mqtt|undici|ws)$/;
    const door = 'firmware/sensor/agent-channel.ts';
    const users = filesOf(/^firmware\/(sensor|outbox)\//).filter((file) => packagesOf(file).some((name) => network.test(name)));
    expect(users.map(({ path }) => path)).toEqual([door]);
    const [channel] = users;
    expect(packagesOf(channel!).filter((name) => network.test(name))).toEqual(['node:net']);
    expect(importedFrom(channel!, 'node:net')).toEqual(['connect']);
    const uses = [...nodesOf(channel!.program)].filter(({ type, name }) => type === 'Identifier' && name === 'connect');
    const connects = [...nodesOf(channel!.program)].filter(
      ({ type, callee }) => type === 'CallExpression' && isNode(callee) && callee.name === 'connect',
    );
    // One in the import (twice: as it is called there and here), the others called at once: nobody hands the function on.
    expect(uses.length).toBe(connects.length + 2);
    expect(connects.map(({ start, end }) => channel!.text.slice(start, end))).toEqual(['connect({ path: this.path })']);
  });

  it('touches the packages that nobody keeps, or that are awkward, in one file each', () => {
    const users = (name: RegExp) =>
      filesOf(/^(firmware|centre)\//)
        .filter((file) => name.test(file.text))
        .map(({ path }) => path);
    expect(users(/from 'mqtt'/)).toEqual(['firmware/agent/uplink/connection.ts', 'centre/connection.ts']);
    expect(users(/from 'tuf-js/)).toEqual(['firmware/fetcher/metadata.ts']);
    expect(users(/'@peculiar\/x509'/)).toEqual(['centre/authority/x509.ts']);
    expect(users(/from 'pg'/)).toEqual(['centre/store/postgres-connection.ts']);
    expect(users(/from '(johnny-five|firmata-io|serialport)'/)).toEqual(['firmware/agent/panel/firmata-board.ts']);
    expect(users(/'pcap(\/[^']*)?'/)).toEqual(['firmware/sensor/capture/node-pcap.ts']);
  });
});
