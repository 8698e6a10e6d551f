/** A value as somebody typed it -> whether an entry is it or covers it: parent names, networks, the address of address:port, the host of a URL. */
import { formatAddress, isIPv4, parseAddress } from '../../../firmware/sensor/bytes/address.ts';
import { maskWord } from '../../../firmware/sensor/intel/parse-address.ts';
import { readAny } from '../import/value/any-value.ts';
import type { LibraryEntry } from './library-entry.ts';

const mappedBits = 96;

/** All canonical texts that `text` may stand for: hashes are of several kinds, a User-Agent is itself. */
export function canonicalValues(text: string): Set<string> {
  const values = new Set([text, text.replaceAll(':', '').toLowerCase()]);
  const reading = readAny(text.trim());
  if (typeof reading !== 'string') {
    values.delete(text.replaceAll(':', '').toLowerCase());
    values.add(reading.value);
    if (reading.kind === 'domain' && !reading.value.startsWith('=')) values.add(`=${reading.value}`);
  }
  return values;
}

/** The address itself and every network around it, at most `lengthMax` bits long. */
function addNetworks(values: Set<string>, address: string, lengthMax: number): void {
  const words = parseAddress(address);
  if (words === undefined) return;
  const [a, b, c, d] = words;
  const least = isIPv4(a, b, c) ? mappedBits : 0;
  for (let length = least; length <= Math.min(128, least + lengthMax); length++) {
    const network = formatAddress(maskWord(a, 0, length), maskWord(b, 1, length), maskWord(c, 2, length), maskWord(d, 3, length));
    values.add(length === 128 ? network : `${network}/${length - least}`);
  }
}

function addParents(values: Set<string>, name: string): void {
  for (let at = name.indexOf('.'); at >= 0; at = name.indexOf('.', at + 1)) values.add(name.slice(at + 1));
}

/** A host as it stands in a URL, or an address with its port. */
function addHost(values: Set<string>, host: string): void {
  const address = host.replace(/^\[(.*)\]$/, '$1');
  values.add(address);
  if (parseAddress(address) !== undefined) addNetworks(values, address, 128);
  else {
    values.add(`=${host}`);
    addParents(values, host);
  }
}

export function covering(text: string): (entry: Pick<LibraryEntry, 'value'>) => boolean {
  const values = canonicalValues(text);
  const reading = readAny(text.trim());
  if (typeof reading === 'string') return ({ value }) => values.has(value);
  const { kind, value } = reading;
  if (kind === 'domain') addParents(values, value.replace(/^=/, ''));
  if (kind === 'cidr') addNetworks(values, value.slice(0, value.indexOf('/')), Number(value.slice(value.indexOf('/') + 1)));
  if (kind === 'address') {
    addNetworks(values, value, 128);
    // What the lists say of single ports of the address is asked for too.
    const start = value.includes(':') ? `[${value}]:` : `${value}:`;
    return (entry) => values.has(entry.value) || entry.value.startsWith(start);
  }
  if (kind === 'address_port') addHost(values, value.slice(0, value.lastIndexOf(':')));
  if (kind === 'url') {
    const rest = value.replace(/^[a-z][a-z0-9+.-]*:\/\//, '');
    for (const scheme of ['', 'http://', 'https://']) values.add(scheme + rest);
    const authority = rest.slice(0, `${rest}/`.search(/[/?#]/));
    addHost(values, authority.slice(authority.lastIndexOf('@') + 1).replace(/:\d*$/, ''));
  }
  return (entry) => values.has(entry.value);
}
