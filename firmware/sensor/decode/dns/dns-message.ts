/**
 * One DNS message (RFC 1035 §4; also mDNS, LLMNR and dynamic updates, which share the form) -> questions, answers and response code.
 *
 * The authority and additional sections are walked only for the OPT record, which holds the upper bits of the response code. What was read
 * before a fault is kept. It does not decide whether bytes are DNS at all: that is `looksLikeDns`.
 */
import { formatAddress, mappedWord } from '../../bytes/address.ts';
import { noBytes, Reader } from '../../bytes/reader.ts';
import type { Anomaly } from '../anomaly.ts';
import { dataText, unknownDataText } from './dns-data.ts';
import { type DnsName, NameReader } from './dns-name.ts';
import { dnsType } from './dns-numbers.ts';

export { looksLikeDns } from './dns-content.ts';
export { type DnsName, nameText, nameTextMax, nameTextWords } from './dns-name.ts';
export { rcodeMnemonic, typeMnemonic } from './dns-numbers.ts';

/** Records of one section that are read; a full 1,500-byte answer holds about 90 addresses, mDNS and zone transfers some more. */
const recordsMax = 256;
/** RFC 1035 §4.1.4: a pointer to the first byte after the header, which is where the first question's name lies. */
const firstNamePointer = 0xc00c;

export class DnsQuestion {
  readonly owner: DnsName;
  readonly type: number;
  /** As sent: mDNS uses the top bit (RFC 6762 §5.4). */
  readonly class: number;

  constructor(owner: DnsName, type: number, questionClass: number) {
    this.owner = owner;
    this.type = type;
    this.class = questionClass;
  }

  /** Made when first asked for, from the message's bytes; so is an answer's. */
  get name(): string {
    return this.owner.text;
  }
}

/** Signed 32-bit words, IPv4 as `::ffff:a.b.c.d`: the form of `bytes/address.ts`. */
export interface DnsAddress {
  a: number;
  b: number;
  c: number;
  d: number;
}

export class DnsAnswer {
  /** The very object of the first question where the answer's name points to that, as it does in most answers. */
  readonly owner: DnsName;
  readonly type: number;
  /** As sent: mDNS uses the top bit (RFC 6762 §10.2). */
  readonly class: number;
  /** Seconds. */
  readonly ttl: number;
  /** Of A and AAAA records. */
  readonly address: DnsAddress | undefined;
  private readonly text: string | undefined;

  constructor(owner: DnsName, type: number, recordClass: number, ttl: number, address: DnsAddress | undefined, text: string | undefined) {
    this.owner = owner;
    this.type = type;
    this.class = recordClass;
    this.ttl = ttl;
    this.address = address;
    this.text = text;
  }

  get name(): string {
    return this.owner.text;
  }

  /** In zone-file form. An address is formatted here, when asked for: most answers are only matched, never shown. */
  get data(): string {
    const address = this.address;
    return address === undefined ? (this.text ?? '') : formatAddress(address.a, address.b, address.c, address.d);
  }
}

export interface DnsMessage {
  id: number;
  response: boolean;
  opcode: number;
  /** With the upper bits of EDNS (RFC 6891 §6.1.3). */
  rcode: number;
  truncated: boolean;
  /** Header and question section were read without a fault: the message is worth reporting. */
  questionsWhole: boolean;
  questions: DnsQuestion[];
  answers: DnsAnswer[];
  /** The first fault found. */
  anomaly?: Anomaly;
}

const names = new NameReader();
const data = new Reader(noBytes);

/** Reads a name, or takes the first question's when the bytes point to it, as nearly every answer does. */
function readOwner(reader: Reader, messageStart: number, message: DnsMessage): DnsName {
  const first = message.questions[0];
  if (first === undefined || reader.peek16() !== firstNamePointer) return names.readLazily(reader, messageStart);
  names.fault = undefined;
  reader.skip(2);
  return first.owner;
}

function readQuestions(reader: Reader, messageStart: number, count: number, message: DnsMessage): Anomaly | undefined {
  for (let index = 0; index < count; index++) {
    if (index === recordsMax) return 'dns.too-many-records';
    const owner = readOwner(reader, messageStart, message);
    if (names.fault !== undefined) return names.fault;
    const type = reader.u16();
    const questionClass = reader.u16();
    if (reader.failed) return 'dns.truncated';
    const question = new DnsQuestion(owner, type, questionClass);
    // An array that grows makes room for 17 at once; nearly every message has one question.
    if (index === 0) message.questions = [question];
    else message.questions.push(question);
  }
  return undefined;
}

function readAddress(type: number, length: number): DnsAddress | undefined {
  if (type === dnsType.a && length === 4) return { a: 0, b: 0, c: mappedWord, d: data.i32() };
  if (type === dnsType.aaaa && length === 16) return { a: data.i32(), b: data.i32(), c: data.i32(), d: data.i32() };
  return undefined;
}

function readAnswer(reader: Reader, messageStart: number, message: DnsMessage): Anomaly | undefined {
  const owner = readOwner(reader, messageStart, message);
  if (names.fault !== undefined) return names.fault;
  const type = reader.u16();
  const recordClass = reader.u16();
  const ttl = reader.u32();
  const length = reader.u16();
  const start = reader.position;
  reader.skip(length);
  if (reader.failed) return 'dns.truncated';
  data.reset(reader.bytes, start, start + length);
  const address = readAddress(type, length);
  let text: string | undefined;
  let fault: Anomaly | undefined;
  if (address === undefined) {
    text = dataText(type, data, names, messageStart);
    if (data.failed || type === dnsType.a || type === dnsType.aaaa) fault = 'dns.bad-record';
    else fault = names.fault;
    if (text === undefined || fault !== undefined) {
      data.reset(reader.bytes, start, start + length);
      text = unknownDataText(data);
    }
  }
  message.answers.push(new DnsAnswer(owner, type, recordClass, ttl, address, text));
  return fault;
}

/** An answer with bad data is kept and the next one read; without its frame nothing after it can be found. */
function readAnswers(reader: Reader, messageStart: number, count: number, message: DnsMessage): boolean {
  for (let index = 0; index < count; index++) {
    if (index === recordsMax) {
      message.anomaly ??= 'dns.too-many-records';
      return false;
    }
    const before = message.answers.length;
    const fault = readAnswer(reader, messageStart, message);
    if (fault !== undefined) message.anomaly ??= fault;
    if (message.answers.length === before) return false;
  }
  return true;
}

/** Looks through `count` records for OPT. RFC 6891 §6.1.3: the top byte of its TTL holds the upper eight bits of the response code. */
function readExtendedCode(reader: Reader, count: number, message: DnsMessage): Anomaly | undefined {
  for (let index = 0; index < count; index++) {
    if (index === recordsMax) return 'dns.too-many-records';
    if (!names.skip(reader)) return reader.failed ? 'dns.truncated' : 'dns.bad-name';
    const type = reader.u16();
    reader.skip(2);
    const ttl = reader.u32();
    reader.skip(reader.u16());
    if (reader.failed) return 'dns.truncated';
    if (type !== dnsType.opt) continue;
    message.rcode |= (ttl >>> 24) << 4;
    return undefined;
  }
  return undefined;
}

/** Reads one message that fills `reader` from its position on. Always gives a message; see `questionsWhole` and `anomaly`. */
export function decodeDns(reader: Reader): DnsMessage {
  const start = reader.position;
  const id = reader.u16();
  const flags = reader.u16();
  const questionCount = reader.u16();
  const answerCount = reader.u16();
  const otherCount = reader.u16() + reader.u16();
  const message: DnsMessage = {
    id,
    response: (flags & 0x8000) !== 0,
    opcode: (flags >>> 11) & 15,
    rcode: flags & 15,
    truncated: (flags & 0x200) !== 0,
    questionsWhole: false,
    questions: [],
    answers: [],
  };
  const fault = reader.failed ? 'dns.truncated' : readQuestions(reader, start, questionCount, message);
  if (fault !== undefined) {
    message.anomaly = fault;
    return message;
  }
  message.questionsWhole = true;
  if (!readAnswers(reader, start, answerCount, message) || !message.response || otherCount === 0) return message;
  const late = readExtendedCode(reader, otherCount, message);
  if (late !== undefined) message.anomaly ??= late;
  return message;
}
