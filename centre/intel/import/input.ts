/** A list as an open file: its lines, or the JSON document in it. Does not know where it came from, nor what is in it. */
import { closeSync, readSync } from 'node:fs';
import { UserError } from '../../command/user-error.ts';
import { LineReader } from '../library/line-reader.ts';
import type { Harvest } from './harvest.ts';

export interface Input {
  /** As it was named: a path, a URL, `-`. */
  from: string;
  file: number;
  sizeBytes: number;
}

/** Rules and lines of base64 are long; nothing that means a value is longer. */
const lineBytesMax = 1 << 20;
/** A text has at most 2^29 characters in this runtime; a JSON document becomes one text. */
export const documentBytesMax = 400 * 1024 * 1024;

export function closeInput(input: Input): void {
  closeSync(input.file);
}

/** Calls `onLine` with each line and its number from 1, the byte order mark dropped. What is too long is refused here. */
export function eachLine(input: Input, harvest: Harvest, onLine: (line: string, number: number) => void): void {
  const reader = new LineReader(input.file, lineBytesMax);
  let number = 0;
  for (let line = reader.line(); line !== null; line = reader.line()) {
    number++;
    harvest.entry();
    if (line === undefined) harvest.refuse('line-too-long', '', number);
    else onLine(number === 1 && line.charCodeAt(0) === 0xfeff ? line.slice(1) : line, number);
  }
}

/** The first bytes as text, cut at the end of a line where there is one. */
export function beginningOf(input: Input, bytesMax: number): string {
  const buffer = Buffer.alloc(Math.min(bytesMax, input.sizeBytes));
  let filled = 0;
  for (let count = -1; count !== 0 && filled < buffer.length; filled += count) {
    count = readSync(input.file, buffer, filled, buffer.length - filled, filled);
  }
  const text = buffer.toString('utf8', 0, filled).replace(/^\ufeff/, '');
  const end = text.lastIndexOf('\n');
  return filled < input.sizeBytes && end > 0 ? text.slice(0, end) : text;
}

/** Throws a `UserError` where the input is no JSON. */
export function readDocument(input: Input): unknown {
  if (input.sizeBytes > documentBytesMax) throw new UserError(`${input.from} is too large for one JSON document: split it`);
  const buffer = Buffer.allocUnsafe(input.sizeBytes);
  let filled = 0;
  for (let count = -1; count !== 0 && filled < buffer.length; filled += count) {
    count = readSync(input.file, buffer, filled, buffer.length - filled, filled);
  }
  return parseDocument(buffer.toString('utf8', 0, filled), input.from);
}

export function parseDocument(text: string, from: string): unknown {
  const bare = text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
  try {
    return JSON.parse(bare);
  } catch (error) {
    const records = recordsOfLines(bare);
    if (records !== undefined) return records;
    throw new UserError(`${from} is no JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** JSON objects one a line (Spamhaus); undefined where a line is none. */
function recordsOfLines(text: string): unknown[] | undefined {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  if (lines.length < 2 || !lines.every((line) => line.startsWith('{'))) return undefined;
  try {
    return lines.map((line) => JSON.parse(line) as unknown);
  } catch {
    return undefined;
  }
}

/** An object whose fields are yet to be looked at. */
export type Fields = Readonly<Record<string, unknown>>;

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The elements of a list that are objects; none where it is no list. */
export function fieldsIn(value: unknown): Fields[] {
  return Array.isArray(value) ? value.filter(isFields) : [];
}

export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}
