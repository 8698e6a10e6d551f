import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { retroMatchCommand } from '../../../firmware/command/retro-match.ts';
import { SeenStore } from '../../../firmware/sensor/memory/store.ts';
import { stateFiles } from '../../../firmware/state-folder.ts';
import { batchOf, folderFor, options } from '../sensor/memory/seen.ts';

const newFolder = folderFor();
const today = Math.floor(Date.now() / 86_400_000);

function box(): { config: string; folder: string } {
  const folder = newFolder();
  const config = join(folder, 'box.json');
  writeFileSync(config, JSON.stringify({ outbox: { folder } }));
  const store = new SeenStore(stateFiles.memoryFolder(folder), options);
  store.append(batchOf(today - 3, { what: 'www.evil.example', far: '203.0.113.9:443', hostName: 'may-5\u001b[2J' }));
  return { config, folder };
}

async function run(values: string[], given: Parameters<typeof retroMatchCommand>[1]) {
  let text = '';
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((piece) => {
    text += String(piece);
    return true;
  });
  try {
    await retroMatchCommand(values, given);
  } finally {
    write.mockRestore();
  }
  return { text, status: process.exitCode ?? 0 };
}

describe('vonggac retro-match', () => {
  afterEach(() => {
    process.exitCode = 0;
  });

  it('says in words who met a value and who did not, in either language, and shows nothing that steers a terminal', async () => {
    const { config } = box();
    const english = await run(['evil.example', 'good.example'], { config, lang: 'en' });
    expect(english.text).toContain('evil.example: seen');
    expect(english.text).toMatch(/10\.0\.0\.5 \(may-5.*attempt.*www\.evil\.example -> 203\.0\.113\.9:443/);
    expect(english.text).toContain('good.example: not seen');
    expect(english.text).not.toContain('\u001b');
    expect(english.status).toBe(0);
    expect((await run(['evil.example'], { config, lang: 'vi' })).text).toContain('evil.example: đã thấy');
  });

  it('writes JSON, and takes values of a list', async () => {
    const { config, folder } = box();
    const list = join(folder, 'list.txt');
    writeFileSync(list, '# of the week\nevil.example  # the worst\n\n203.0.113.0/24\n');
    const result = JSON.parse((await run([], { config, file: [list], json: true })).text);
    expect(result).toMatchObject({ schema: 'retro-match/1', seen: 2, days: 1 });
  });

  it('ends with 1 where a value could not be asked for, and looks at the days that are wanted', async () => {
    const { config } = box();
    expect((await run(['a'.repeat(32)], { config, lang: 'en' })).status).toBe(1);
    expect((await run(['evil.example'], { config, days: 2, lang: 'en' })).text).toContain('not seen');
  });

  it('says in one line what is wrong with how it was called', async () => {
    const { config } = box();
    await expect(run([], { config })).rejects.toThrow('no value is given');
    await expect(run([], { config, file: ['/no/such/list'] })).rejects.toThrow('cannot read the list');
  });
});
