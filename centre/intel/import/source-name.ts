/** What a source is called where nobody named it: by its file or by the server and the last part of the path. */
import { basename } from 'node:path';
import { UserError } from '../../command/user-error.ts';
import { sourceNamePattern } from '../library/library.ts';
import { isUrl } from './open-input.ts';

const lengthMax = 64;

export function sourceName(given: string | undefined, from: string): string {
  if (given !== undefined) {
    if (!sourceNamePattern.test(given))
      throw new UserError(`--source ${given}: 1 to ${lengthMax} letters, digits, dots, hyphens and underscores`);
    return given;
  }
  return madeOf(from);
}

function madeOf(from: string): string {
  if (from === '-') return 'stdin';
  const url = isUrl(from) ? URL.parse(from) : null;
  const part = (url === null ? basename(from) : (url.pathname.split('/').findLast((piece) => piece !== '') ?? '')).replace(/\.gz$/, '');
  const stem = part.replace(/\.(?:csv|json|txt|rules|intel|dat|list|lst|conf)$/i, '');
  const name = url === null ? stem : `${url.hostname}${stem === '' ? '' : `-${stem}`}`;
  const plain = name
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[^A-Za-z0-9]+/, '')
    .slice(0, lengthMax);
  return plain === '' ? 'list' : plain;
}
