/**
 * An LED of the kernel, as files in a folder: understands the pattern trigger's text as `drivers/leds/trigger/ledtrig-pattern.c` does, and says how
 * bright it is at any time after. A file system cannot show what a kernel does on a write: `settle` is to be called after each.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const pageBytes = 4_096;
const tuplesMax = 1_024;

export class KernelLed {
  readonly #folder: string;

  constructor(root: string, name: string, maxBrightness = 255) {
    this.#folder = join(root, name);
    mkdirSync(this.#folder);
    this.#write('max_brightness', `${maxBrightness}\n`);
    this.#write('trigger', '[none] timer pattern\n');
  }

  #write(file: string, text: string): void {
    writeFileSync(join(this.#folder, file), text);
  }

  #read(file: string): string {
    return readFileSync(join(this.#folder, file), 'utf8');
  }

  /** Takes the trigger that was written, as the kernel does. */
  settle(): void {
    if (this.#read('trigger') === 'pattern') this.#write('trigger', 'none timer [pattern]\n');
  }

  get repeat(): string {
    return this.#read('repeat');
  }

  /** Of 0 to 1, so long after the pattern was written. */
  brightnessAt(ms: number): number {
    const text = this.#read('pattern');
    const numbers = text.split(' ').map(Number);
    if (text.length >= pageBytes || numbers.length > 2 * tuplesMax || numbers.some((number) => !Number.isInteger(number) || number < 0)) {
      throw new Error(`the kernel would refuse these ${text.length} bytes: ${text.slice(0, 100)}`);
    }
    const levelMax = Number(this.#read('max_brightness'));
    let level = 0;
    let endMs = 0;
    for (let place = 0; place < numbers.length; place += 4) {
      const [at = 0, forMs = 0, again, none] = numbers.slice(place, place + 4);
      // Anything else would fade.
      if (again !== at || none !== 0) throw new Error(`fades at ${place}: ${text.slice(0, 100)}`);
      level = at;
      endMs += forMs;
      if (ms < endMs) break;
    }
    return level / levelMax;
  }
}
