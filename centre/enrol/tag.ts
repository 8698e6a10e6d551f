/** `vonggac-centre tag`: changes of the tags of one box, all of them or none -> the register, and the tags that it has now. */
import type { DatabaseSync } from 'node:sqlite';
import { plain } from '../../firmware/contract/language.ts';
import { openCentreFolder } from '../centre-folder.ts';
import type { TagFlags } from '../command/tag.ts';
import { UserError } from '../command/user-error.ts';
import { addTag, findBox, removeTag, tagPattern, tagsMax, tagsOf } from '../register/boxes.ts';
import { inTransaction, openRegisterFile, recordEvent } from '../register/register-file.ts';

export async function changeTags(box: string, changes: readonly string[], { centre, json }: TagFlags): Promise<void> {
  const folder = openCentreFolder(centre);
  const wrong = changes.find((change) => !/^[+-]/.test(change) || !tagPattern.test(change.slice(1)));
  if (wrong !== undefined)
    throw new UserError(`"${wrong}" is no change of a tag: write +tag or -tag, a tag being up to 32 of a-z, 0-9 and -`);
  const register = openRegisterFile(folder.file('register'));
  try {
    const tags = inTransaction(register, () => changed(register, box, changes));
    process.stdout.write(json ? `${JSON.stringify({ box, tags })}\n` : `${box}: ${tags.join(' ') || '-'}\n`);
  } finally {
    register.close();
  }
}

function changed(register: DatabaseSync, box: string, changes: readonly string[]): string[] {
  if (findBox(register, box) === undefined) throw new UserError(`there is no box ${plain(box)}: vonggac-centre boxes lists them`);
  for (const change of changes) {
    const tag = change.slice(1);
    if (change.startsWith('+')) addTag(register, box, tag);
    else if (!removeTag(register, box, tag)) throw new UserError(`${box} has no tag ${tag}, so nothing was changed`);
  }
  const tags = tagsOf(register, box);
  if (tags.length > tagsMax) throw new UserError(`${box} would have ${tags.length} tags, and ${tagsMax} are the most; nothing was changed`);
  if (changes.length > 0) recordEvent(register, 'tag', box, changes.join(' '));
  return tags;
}
