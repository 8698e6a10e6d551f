/** `vonggac-centre tag`: its options. What it does is in `../enrol/tag.ts`, loaded when asked for. */
import type { Command } from 'commander';

export interface TagFlags {
  centre?: string;
  json?: boolean;
}

export function addTag(program: Command): void {
  program
    .command('tag')
    .description('Show the tags of a box, give it some (+tag) or take some away (-tag).')
    .argument('<box>', 'its id')
    .argument('[change...]', '+tag or -tag')
    // A change that begins with a hyphen looks like an option.
    .allowUnknownOption()
    .option('--centre <folder>', 'folder of the centre (default: $VONGGAC_CENTRE, here, /var/lib/vonggac-centre)')
    .option('--json', 'box and tags as one JSON object')
    .addHelpText('after', '\nExample:\n  vonggac-centre tag ubnd-huyen-cao-loc-1 +pilot -new')
    .action(async (box: string, changes: string[], flags: TagFlags) => (await import('../enrol/tag.ts')).changeTags(box, changes, flags));
}
