/** A name and a type become a DNS query, and the query its answer (RFC 1035 §4). */

import { ByteBuilder } from './byte-builder.ts';

export const dnsTypes = { a: 1, ptr: 12, aaaa: 28, https: 65 } as const;

const edns = Buffer.from([0, 0, 41, 0x04, 0xd0, 0, 0, 0, 0, 0, 0]); // RFC 6891 §6.1.2: an empty OPT record, 1232 bytes

export interface DnsQuestion {
  id: number;
  name: string;
  type: number;
}

export function dnsQuery(question: DnsQuestion, withEdns: boolean): Buffer {
  const into = new ByteBuilder()
    .u16(question.id)
    .u16(0x0100)
    .u16(1)
    .u16(0)
    .u16(0)
    .u16(withEdns ? 1 : 0);
  writeQuestion(into, question);
  if (withEdns) into.raw(edns);
  return into.build();
}

/** Answers with `addresses` (raw, 4 or 16 bytes), behind a CNAME if one is given; with none it says "no data". */
export function dnsAnswer(question: DnsQuestion, addresses: readonly Buffer[], alias?: string): Buffer {
  const into = new ByteBuilder();
  into.u16(question.id).u16(0x8180).u16(1);
  into.u16(addresses.length + (alias === undefined ? 0 : 1));
  into.u16(0).u16(0);
  writeQuestion(into, question);
  let owner = 0xc00c; // RFC 1035 §4.1.4: a pointer to the question's name
  if (alias !== undefined) {
    into.u16(owner).u16(5).u16(1).u32(300);
    const aliasAt = into.length + 2;
    into.sized(2, (data) => writeName(data, alias));
    owner = 0xc000 | aliasAt;
  }
  for (const address of addresses) {
    into.u16(owner).u16(address.length === 16 ? dnsTypes.aaaa : dnsTypes.a);
    into.u16(1).u32(60).u16(address.length).raw(address);
  }
  return into.build();
}

function writeQuestion(into: ByteBuilder, question: DnsQuestion): void {
  writeName(into, question.name);
  into.u16(question.type).u16(1);
}

export function writeName(into: ByteBuilder, name: string): void {
  for (const label of name.split('.')) into.u8(label.length).text(label);
  into.u8(0);
}
