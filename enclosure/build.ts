#!/usr/bin/env node
/**
 * The models and a file of contacts -> what a workshop needs, in one folder: STL files to print, pictures, label and quick card (SVG and PDF).
 * Without --stl, --png or --paper it makes all three. Pictures are taken of the STL files in the folder, so those are made first where they lack.
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { cardSvg } from './card.ts';
import { readContacts } from './contacts.ts';
import { labelSvg } from './label.ts';
import { renderPdf, renderPng, renderStl } from './openscad.ts';
import { type Part, parts, pictures } from './parts.ts';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const usage = `usage: node enclosure/build.ts [--part NAME]... [--stl] [--png] [--paper] [--contacts FILE] [--out DIR]
parts: ${parts.map(({ name }) => name).join(' ')}\n`;

async function makeStl(part: Part, folder: string): Promise<void> {
  const file = join(folder, `${part.name}.stl`);
  await renderStl(here(part.model), file, part.defines);
  process.stdout.write(`${file}\n`);
}

async function makePictures(folder: string): Promise<void> {
  for (const part of parts) if (!existsSync(join(folder, `${part.name}.stl`))) await makeStl(part, folder);
  for (const { name, scene, view } of pictures) {
    const file = join(folder, `${name}.png`);
    await renderPng(here('scenes.scad'), file, view, { parts: folder, scene });
    process.stdout.write(`${file}\n`);
  }
}

async function makePaper(contactsFile: string, folder: string): Promise<void> {
  const contacts = readContacts(contactsFile);
  const papers = { label: labelSvg(contacts), card: cardSvg(contacts) };
  for (const [name, svg] of Object.entries(papers)) {
    const file = join(folder, `${name}.svg`);
    writeFileSync(file, svg);
    await renderPdf(file, join(folder, `${name}.pdf`));
    process.stdout.write(`${file}\n${join(folder, `${name}.pdf`)}\n`);
  }
}

async function main(): Promise<number> {
  let values: ReturnType<typeof read>;
  try {
    values = read();
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${usage}`);
    return 2;
  }
  const { part: wanted = [], contacts, out } = values;
  const unknown = wanted.find((name) => !parts.some((part) => part.name === name));
  if (unknown !== undefined) {
    process.stderr.write(`no part ${unknown}\n${usage}`);
    return 2;
  }
  // Whoever names parts wants those printed, and nothing else unless said so.
  const isAll = !values.stl && !values.png && !values.paper;
  mkdirSync(out, { recursive: true });
  try {
    if (values.stl || isAll) for (const part of parts) if (wanted.length === 0 || wanted.includes(part.name)) await makeStl(part, out);
    if (values.png || (isAll && wanted.length === 0)) await makePictures(out);
    if (values.paper || (isAll && wanted.length === 0)) await makePaper(contacts, out);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return 2;
  }
  return 0;
}

function read() {
  return parseArgs({
    options: {
      part: { type: 'string', multiple: true },
      stl: { type: 'boolean', default: false },
      png: { type: 'boolean', default: false },
      paper: { type: 'boolean', default: false },
      contacts: { type: 'string', default: here('contacts.example.json') },
      out: { type: 'string', default: here('build') },
    },
  }).values;
}

process.exitCode = await main();
