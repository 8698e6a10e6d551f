/**
 * Keeps the state of configuration on disk: which order is in force, which one is gone back to, and the number below which none is accepted. Two files
 * hold the same, each with a generation and a hash of its own, and are replaced one after the other: where one is damaged, the other one stands. The
 * file that the sensor reads is made from them, and is the last resort where both are gone.
 */
import { createHash, type KeyObject } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { keyIdOf } from '../../contract/envelope.ts';
import { type Disk, makeFolder, removeFile, storeFile, systemDisk } from '../orders/stored-file.ts';
import { type ConfigState, configStateSchema, inForceOf } from './accepted-order.ts';

/** Two orders of the largest size, and room. */
const slotBytesMax = 4 * 1024 * 1024;

const slotSchema = z.object({ generation: z.int().min(1), sha256: z.string(), state: z.string() });
const lastResortSchema = z.object({ seq: z.int().min(1), hash: z.string() });

interface Slot {
  generation: number;
  state: ConfigState;
}

export interface ConfigStoreParts {
  /** For the two files of the store. */
  folder: string;
  /** That the sensor reads. */
  inForceFile: string;
  onProblem: (text: string) => void;
  disk?: Disk;
}

export class ConfigStore {
  readonly #parts: ConfigStoreParts;
  readonly #disk: Disk;
  readonly #paths: readonly [string, string];
  #state: ConfigState;
  #generation: number;
  /** Which of the two is replaced first: the older or damaged one. */
  #first: 0 | 1;
  /** Both say the same. */
  #isMirrored: boolean;

  /** Reads what there is. Never throws for what it finds. */
  constructor(parts: ConfigStoreParts) {
    this.#parts = parts;
    this.#disk = parts.disk ?? systemDisk;
    this.#paths = [join(parts.folder, 'a.json'), join(parts.folder, 'b.json')];
    const [a, b] = [this.#readSlot(0), this.#readSlot(1)];
    this.#first = (a?.generation ?? 0) <= (b?.generation ?? 0) ? 0 : 1;
    const [newer, older] = this.#first === 0 ? [b, a] : [a, b];
    this.#generation = newer?.generation ?? 0;
    this.#isMirrored = older?.generation === newer?.generation;
    this.#state = newer?.state ?? this.#lastResort();
    const floor = older?.state.floor;
    if (floor !== undefined && floor.seq > (this.#state.floor?.seq ?? 0)) this.#state = { ...this.#state, floor };
  }

  get state(): ConfigState {
    return this.#state;
  }

  /** Once this resolves, the new state survives a cut power. Rejects with the error of the disk; old or new is in force then. */
  async save(state: ConfigState): Promise<void> {
    await makeFolder(this.#parts.folder);
    const generation = this.#generation + 1;
    await storeFile(this.#disk, this.#paths[this.#first], slotText(generation, state));
    this.#generation = generation;
    this.#state = state;
    this.#first = this.#first === 0 ? 1 : 0;
    this.#isMirrored = false;
  }

  /** Makes the other file say the same, so that the damage of one costs nothing. */
  async mirror(): Promise<void> {
    if (this.#isMirrored) return;
    await storeFile(this.#disk, this.#paths[this.#first], slotText(this.#generation, this.#state));
    this.#isMirrored = true;
  }

  /** True where the file of the sensor said something else. */
  async writeInForce(): Promise<boolean> {
    const { inForceFile } = this.#parts;
    const { current } = this.#state;
    const text = current === undefined ? undefined : `${JSON.stringify(inForceOf(current))}\n`;
    const found = readBounded(inForceFile);
    if (found === text) return false;
    await makeFolder(this.#parts.folder);
    if (text === undefined) await removeFile(this.#disk, inForceFile);
    else await storeFile(this.#disk, inForceFile, text);
    return true;
  }

  #readSlot(index: 0 | 1): Slot | undefined {
    const path = this.#paths[index];
    const text = readBounded(path);
    if (text === undefined) return undefined;
    try {
      const { generation, sha256, state } = slotSchema.parse(JSON.parse(text));
      if (hashOf(generation, state) !== sha256) throw new Error('its hash does not fit');
      return { generation, state: configStateSchema.parse(JSON.parse(state)) };
    } catch (error) {
      const reason = error instanceof z.ZodError ? 'it does not follow its schema' : error instanceof Error ? error.message : String(error);
      this.#parts.onProblem(`${path} is damaged (${reason}); the other file of the two is used`);
      return undefined;
    }
  }

  /** Both files are gone, but the sensor still has an order: its number at least must not come a second time. */
  #lastResort(): ConfigState {
    const text = readBounded(this.#parts.inForceFile);
    if (text === undefined) return {};
    try {
      const { seq, hash } = lastResortSchema.parse(JSON.parse(text));
      const kept = { ...(JSON.parse(text) as object), notBefore: new Date(0).toISOString(), signer: unknownSigner };
      const state = configStateSchema.safeParse({ floor: { seq, hash, signer: unknownSigner }, current: kept });
      this.#parts.onProblem(`the store of the configuration is gone; ${this.#parts.inForceFile} says what is in force`);
      return state.success ? state.data : { floor: { seq, hash, signer: unknownSigner } };
    } catch {
      return {};
    }
  }
}

/** Of an order that was found without its signature. */
const unknownSigner = 'unknown';

/** Whether it was signed by somebody whom this box does not obey any more. */
export function isForeign(signer: string | undefined, keys: readonly KeyObject[]): boolean {
  if (signer === undefined || signer === unknownSigner || keys.length === 0) return false;
  return !keys.some((key) => keyIdOf(key) === signer);
}

function slotText(generation: number, state: ConfigState): string {
  const text = JSON.stringify(state);
  return JSON.stringify({ generation, sha256: hashOf(generation, text), state: text });
}

function hashOf(generation: number, state: string): string {
  return createHash('sha256').update(`${generation}\n${state}`).digest('hex');
}

function readBounded(path: string): string | undefined {
  try {
    if (statSync(path).size > slotBytesMax) return undefined;
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
