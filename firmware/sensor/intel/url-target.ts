/**
 * Turns the target of a request (path and query) into normal form (RFC 3986 §6.2.2), the same for lists and for traffic, and says where a
 * prefix of it may end. Knows nothing of hosts. Case is left alone, as are escapes that mean something else when decoded.
 */

/** Well beyond any URL of a set, so that normalising a hostile target stays cheap. */
const targetLengthMax = 8192;

const slash = 0x2f;
const equals = 0x3d;
/** RFC 3986 §2.3: letters, digits, hyphen, dot, underscore, tilde. */
const unreserved = /[A-Za-z0-9._~-]/;

/** With a slash in front. A target without escapes and dot segments, as nearly all are, costs two searches and no copy. */
export function normalTarget(target: string): string {
  const path = target.charCodeAt(0) === slash ? target : `/${target}`;
  if (!path.includes('%') && !path.includes('/.')) return path;
  const text = path.slice(0, targetLengthMax).replace(/%[0-9A-Fa-f]{2}/g, normalEscape);
  const query = text.indexOf('?');
  return query < 0 ? withoutDotSegments(text) : withoutDotSegments(text.slice(0, query)) + text.slice(query);
}

function normalEscape(triplet: string): string {
  const character = String.fromCharCode(Number.parseInt(triplet.slice(1), 16));
  return unreserved.test(character) ? character : triplet.toUpperCase();
}

/** RFC 3986 §5.2.4. A dot segment at the end leaves its slash. */
function withoutDotSegments(path: string): string {
  if (!path.includes('/.')) return path;
  const segments = path.split('/').slice(1);
  const kept: string[] = [];
  for (const [index, segment] of segments.entries()) {
    const isDots = segment === '.' || segment === '..';
    if (segment === '..') kept.pop();
    if (!isDots) kept.push(segment);
    else if (index === segments.length - 1) kept.push('');
  }
  return `/${kept.join('/')}`;
}

/**
 * Whether an indicator that ends with `last` covers a target that goes on with `next`: `/mal/gate` covers `/mal/gate.php` and
 * `/mal/gate?x`, but `/mal` does not cover `/malware`. One that ends in `/` or `=` covers all that goes on from there.
 */
export function endsUrlPrefix(last: number, next: number): boolean {
  if (last === slash || last === equals) return true;
  switch (next) {
    case 0x23: // #
    case 0x26: // &
    case 0x2e: // .
    case slash:
    case 0x3b: // ;
    case equals:
    case 0x3f: // ?
      return true;
    default:
      return false;
  }
}
