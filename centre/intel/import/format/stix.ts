/** Reads the indicators of a STIX 2.1 bundle (2.0 too), or of a page of a TAXII collection. Other objects only tell more of them: family, marking. */
import { readTime, readTlp } from '../../../../firmware/sensor/intel/list-row.ts';
import type { Harvest, Said } from '../harvest.ts';
import { type Fields, fieldsIn, textOf } from '../input.ts';
import type { Reason } from '../reason.ts';
import { withPort } from '../value/address.ts';
import type { Reading, Value } from '../value/reading.ts';
import { readTyped, type ValueType } from '../value/typed-value.ts';
import { type Comparison, readPattern } from './stix-pattern.ts';

/** STIX 2.1 §7.2.1.4 and the markings of TLP 2.0: the same ids everywhere, and seldom in the bundle. */
const knownMarkings: Readonly<Record<string, string>> = {
  'marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9': 'white',
  'marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da': 'green',
  'marking-definition--f88d31f6-486f-44da-b317-01333bde0b82': 'amber',
  'marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed': 'red',
  'marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487': 'clear',
  'marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb': 'green',
  'marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421': 'amber',
  'marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003': 'amber+strict',
  'marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1': 'red',
};
/** Whose name says what an indicator indicates, the more telling first. */
const familyTypes = ['malware', 'tool', 'attack-pattern', 'campaign', 'intrusion-set', 'threat-actor'];

const pathTypes: Readonly<Record<string, ValueType>> = {
  'ipv4-addr:value': 'address',
  'ipv6-addr:value': 'address',
  'network-traffic:dst_ref.value': 'address',
  'domain-name:value': 'domain',
  'url:value': 'url',
  'x509-certificate:hashes.sha-1': 'cert_sha1',
  'x509-certificate:hashes.sha1': 'cert_sha1',
  'x509-certificate:hashes.sha-256': 'cert_sha256',
  'x509-certificate:hashes.sha256': 'cert_sha256',
  'network-traffic:extensions.http-request-ext.request_header.user-agent': 'user_agent',
};

/** Takes objects in any number of pieces, since what tells of an indicator may come later than it; `finish` reads them. */
export class StixReader {
  private readonly harvest: Harvest;
  private readonly indicators = new Map<string, Fields>();
  private readonly markings = new Map<string, string>(Object.entries(knownMarkings));
  private readonly names = new Map<string, { type: string; name: string }>();
  private readonly indicates: { from: string; to: string }[] = [];

  constructor(harvest: Harvest) {
    this.harvest = harvest;
  }

  add(objects: unknown): void {
    for (const object of fieldsIn(objects)) {
      const id = textOf(object.id);
      const type = textOf(object.type);
      if (type === 'indicator') this.addIndicator(id === '' ? textOf(object.pattern) : id, object);
      else if (type === 'marking-definition') this.markings.set(id, markingOf(object));
      else if (type === 'relationship' && object.relationship_type === 'indicates')
        this.indicates.push({ from: textOf(object.source_ref), to: textOf(object.target_ref) });
      else if (familyTypes.includes(type)) this.names.set(id, { type, name: textOf(object.name) });
    }
  }

  finish(): void {
    const families = this.families();
    for (const [id, indicator] of this.indicators) {
      this.harvest.entry();
      const values = valuesOf(indicator, this.harvest);
      if (typeof values === 'string') {
        this.harvest.refuse(values, textOf(indicator.pattern), id);
        continue;
      }
      const said = this.saidOf(indicator, families.get(id), id);
      for (const { kind, value } of values) this.harvest.take(kind, value, said);
    }
  }

  /** A collection may hold several versions of an object; the last one counts. */
  private addIndicator(id: string, indicator: Fields): void {
    const known = this.indicators.get(id);
    if (known === undefined || textOf(known.modified) <= textOf(indicator.modified)) this.indicators.set(id, indicator);
  }

  private families(): Map<string, string> {
    const families = new Map<string, { rank: number; name: string }>();
    for (const { from, to } of this.indicates) {
      const target = this.names.get(to);
      if (target === undefined || target.name === '') continue;
      const rank = familyTypes.indexOf(target.type);
      if (rank < (families.get(from)?.rank ?? familyTypes.length)) families.set(from, { rank, name: target.name });
    }
    return new Map([...families].map(([id, { name }]) => [id, name]));
  }

  private saidOf(indicator: Fields, family: string | undefined, id: string): Said {
    const said: Said = {};
    const name = family ?? textOf(indicator.name);
    if (name !== '') said.family = name;
    const link = fieldsIn(indicator.external_references)
      .map(({ url }) => textOf(url))
      .find((url) => url !== '');
    said.reference = link ?? id;
    const confidence = indicator.confidence;
    // STIX 2.1 §3.2: 0 stands for no confidence at all, absent for unknown.
    if (typeof confidence === 'number' && confidence >= 0 && confidence <= 100) said.confidence = Math.round(confidence);
    else if (confidence !== undefined && confidence !== null) this.harvest.passOver('bad-confidence');
    if (indicator.revoked === true) said.isRevoked = true;
    const first = readTime(textOf(indicator.valid_from));
    if (first !== undefined) said.firstSeenMs = first;
    const until = readTime(textOf(indicator.valid_until));
    if (until !== undefined) said.validUntilMs = until;
    const markings = Array.isArray(indicator.object_marking_refs) ? indicator.object_marking_refs : [];
    const tlp = markings.map((marking) => readTlp(this.markings.get(textOf(marking)) ?? '')).find((word) => word !== undefined);
    if (tlp !== undefined) said.tlp = tlp;
    return said;
  }
}

function markingOf(object: Fields): string {
  const definition = object.definition;
  const word = typeof definition === 'object' && definition !== null && 'tlp' in definition ? textOf(definition.tlp) : '';
  return word === '' ? textOf(object.name) : word;
}

/** At least one value, or why there is none. Parts that are none are passed over where another part is one. */
function valuesOf(indicator: Fields, harvest: Harvest): Value[] | Reason {
  const language = textOf(indicator.pattern_type);
  if (language !== '' && language !== 'stix') return 'pattern-language';
  if (textOf(indicator.valid_until) !== '' && readTime(textOf(indicator.valid_until)) === undefined) return 'bad-end';
  const choice = readPattern(textOf(indicator.pattern));
  if (typeof choice === 'string') return choice;
  const values: Value[] = [];
  const faults: Reason[] = [];
  for (const parts of choice) {
    const readings = parts.length === 1 ? readComparison(parts[0]!) : readTogether(parts);
    if (readings === undefined) return 'pattern-and';
    if (readings === 'pattern-operator') return readings;
    for (const reading of readings) {
      if (typeof reading === 'string') faults.push(reading);
      else values.push(reading);
    }
  }
  if (values.length === 0) return faults[0] ?? 'pattern-no-value';
  for (const fault of faults) harvest.passOver(fault);
  return values;
}

function readComparison({ path, operator, values }: Comparison): Reading[] | 'pattern-operator' {
  const type = pathTypes[path.toLowerCase()];
  if (type === undefined) return [path.startsWith('email') ? 'email' : path.startsWith('file:hashes') ? 'file-hash' : 'pattern-no-value'];
  if (operator === 'ISSUBSET' && type !== 'address') return 'pattern-operator';
  return values.map((value) => readTyped(type, value));
}

/** An address with its port, told by what kind of address it is or not; undefined for any other AND. */
function readTogether(parts: readonly Comparison[]): Reading[] | undefined {
  let addresses: string[] | undefined;
  let port: string | undefined;
  for (const { path, operator, values } of parts) {
    if (operator === 'ISSUBSET') return undefined;
    const name = path.toLowerCase();
    if (name === 'network-traffic:dst_ref.value' && addresses === undefined) addresses = values;
    else if (name === 'network-traffic:dst_port' && port === undefined && values.length === 1) port = values[0];
    else if (name !== 'network-traffic:dst_ref.type') return undefined;
  }
  return addresses?.map((text) => {
    const reading = readTyped('address', text);
    if (typeof reading === 'string' || port === undefined) return reading;
    return reading.kind === 'address' ? withPort(reading.value, port) : 'not-an-address';
  });
}
