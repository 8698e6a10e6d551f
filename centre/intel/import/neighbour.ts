/**
 * Texts that people hand over for lists: full of names and addresses, and of no format that is read. Each is told by what most of its lines are, so that
 * it is refused by its name rather than half read. Reads no value.
 */

/** Of all lines that are no comments, so many must be of the kind. */
const shareLeast = 0.5;

const neighbours: readonly { what: string; next: string; line: RegExp }[] = [
  {
    what: 'a DNS zone (RPZ)',
    next: 'import the same source as a hosts file or as CSV',
    line: /^\$(?:TTL|ORIGIN)\s|(?:^|\s)(?:IN\s+)?(?:SOA|NS)\s+\S+|\s(?:IN\s+)?CNAME\s+\S+/i,
  },
  {
    what: 'a configuration of a resolver (dnsmasq, Unbound, BIND)',
    next: 'import its names one a line',
    line: /^(?:address|server|local|ipset)=\/|^(?:local-(?:zone|data):|server:)|^zone\s+"/i,
  },
  {
    what: 'rules of a firewall or a web server',
    next: 'import its addresses one a line',
    line: /^(?:ip6?tables|nft|ipset)\s|^-A\s|^(?:add|create)\s+\S+\s+\S+|^(?:deny|allow)\s+(?:from\s+)?[\da-f.:/]+;?$|^Require\s/i,
  },
  {
    what: 'YARA rules',
    next: 'they are about files, which the network does not show',
    line: /^(?:(?:private|global)\s+)*rule\s+\w+|^\$\w+\s*=\s|^(?:strings|condition|meta):/,
  },
];

/** What the text is and what to do instead; undefined for what may be a list. `lines`: trimmed, comments left out. */
export function neighbourOf(lines: readonly string[]): string | undefined {
  const found = neighbours.find(({ line }) => lines.filter((one) => line.test(one)).length > lines.length * shareLeast);
  return found === undefined ? undefined : `is ${found.what}, not a list: ${found.next}`;
}
