/** parameters.scad -> its plain numbers, so that paper fits what is printed. Reads `name = number;` and nothing that is computed. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const file = fileURLToPath(new URL('./parameters.scad', import.meta.url));

export function readParameters(): (name: string) => number {
  const numbers = new Map<string, number>();
  for (const [, name, value] of readFileSync(file, 'utf8').matchAll(/^(\w+) = (-?\d+(?:\.\d+)?);$/gm))
    numbers.set(name ?? '', Number(value));
  return (name) => {
    const value = numbers.get(name);
    if (value === undefined) throw new Error(`${file} has no plain number ${name}`);
    return value;
  };
}
