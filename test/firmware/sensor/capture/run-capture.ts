/** Runs captures from bytes or files for the tests beside it and keeps what came out. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CaptureFileOptions, openCaptureFile } from '../../../../firmware/sensor/capture/capture-file.ts';
import type { Frame } from '../../../../firmware/sensor/capture/frame.ts';

export interface SeenFrame {
  tsMicros: number;
  originalLength: number;
  linkType: number;
  hex: string;
}

export interface Outcome {
  frames: SeenFrame[];
  warnings: readonly string[];
  received: number;
  /** What `run` rejected with. */
  error: unknown;
}

export function copyOf(frame: Frame): SeenFrame {
  const { tsMicros, originalLength, linkType } = frame;
  return { tsMicros, originalLength, linkType, hex: Buffer.from(frame.bytes.subarray(frame.start, frame.end)).toString('hex') };
}

export async function runFile(path: string, options: CaptureFileOptions = {}): Promise<Outcome> {
  const source = openCaptureFile(path, options);
  const frames: SeenFrame[] = [];
  let error: unknown;
  await source
    .run((frame) => frames.push(copyOf(frame)))
    .catch((reason: unknown) => {
      error = reason;
    });
  return { frames, warnings: source.warnings, received: source.counters().received, error };
}

/** A folder for one test file. */
export class CaptureFolder {
  readonly path = mkdtempSync(join(tmpdir(), 'capture-test-'));
  #count = 0;

  write(bytes: Uint8Array, name = `${this.#count++}.cap`): string {
    const path = join(this.path, name);
    writeFileSync(path, bytes);
    return path;
  }

  async run(bytes: Uint8Array, options: CaptureFileOptions = {}): Promise<Outcome> {
    return runFile(this.write(bytes), options);
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}
