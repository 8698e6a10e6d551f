/** Undoes what reports do so that nobody clicks: `hxxp`, `fxp`, `[.]`, `(.)`, `{.}`, `[dot]`, `[:]//`, `[@]`. Says nothing of what the text is. */

/** No marker can stand in a text without one of these. */
const mayBeDefanged = /[[({]|^[hf]xx?p/i;
const dots = /[[({]\s?(?:\.|dot)\s?[\])}]/gi;
const ats = /[[({](?:@|at)[\])}]/gi;

export function refang(text: string): string {
  if (!mayBeDefanged.test(text)) return text;
  return text
    .replace(dots, '.')
    .replace(/[[({]:\/\/[\])}]/g, '://')
    .replace(/[[({]:[\])}]/g, ':')
    .replace(/[[({]\/[\])}]/g, '/')
    .replace(ats, '@')
    .replace(/^hxxp(?=s?:)/i, 'http')
    .replace(/^fxp(?=s?:)/i, 'ftp');
}
