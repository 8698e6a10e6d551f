/** Builds TLS messages and records byte by byte, for tests. Writes lengths as given or as they are; knows nothing of the decoder. */

export type Bytes = readonly number[];

export const u16 = (value: number): number[] => [(value >>> 8) & 0xff, value & 0xff];
export const u24 = (value: number): number[] => [(value >>> 16) & 0xff, ...u16(value)];
export const ascii = (text: string): number[] => [...Buffer.from(text, 'latin1')];
export const vector8 = (content: Bytes): number[] => [content.length, ...content];
export const vector16 = (content: Bytes): number[] => [...u16(content.length), ...content];
export const vector24 = (content: Bytes): number[] => [...u24(content.length), ...content];
export const numbers16 = (values: readonly number[]): number[] => values.flatMap(u16);

export type Extension = readonly [type: number, body: Bytes];

export const serverName = (name: string): Extension => [0, vector16([0, ...vector16(ascii(name))])];
export const groups = (...values: number[]): Extension => [10, vector16(numbers16(values))];
export const pointFormats = (...values: number[]): Extension => [11, vector8(values)];
export const signatureAlgorithms = (...values: number[]): Extension => [13, vector16(numbers16(values))];
export const alpn = (...names: Bytes[]): Extension => [16, vector16(names.flatMap(vector8))];
export const supportedVersions = (...values: number[]): Extension => [43, vector8(numbers16(values))];
export const empty = (type: number): Extension => [type, []];

export interface HelloParts {
  version?: number;
  sessionId?: Bytes;
  ciphers?: readonly number[];
  /** `undefined`: no extension block at all. */
  extensions?: readonly Extension[] | undefined;
}

const random = (first: number): number[] => Array.from({ length: 32 }, (_, index) => (first + index) & 0xff);
const extensionBlock = (extensions: readonly Extension[]): number[] =>
  vector16(extensions.flatMap(([type, body]) => [...u16(type), ...vector16(body)]));

/** The body of a ClientHello, without its handshake header. */
export function clientHelloBody(parts: HelloParts): Uint8Array {
  const { version = 0x0303, sessionId = [], ciphers = [], extensions } = parts;
  const head = [...u16(version), ...random(1), ...vector8(sessionId), ...vector16(numbers16(ciphers)), ...vector8([0])];
  return Uint8Array.from(extensions === undefined ? head : [...head, ...extensionBlock(extensions)]);
}

export interface ServerHelloParts {
  version?: number;
  cipher?: number;
  extensions?: readonly Extension[];
  random?: Bytes;
}

export function serverHelloBody(parts: ServerHelloParts): Uint8Array {
  const { version = 0x0303, cipher = 0xc02f, extensions } = parts;
  const head = [...u16(version), ...(parts.random ?? random(65)), ...vector8(random(7)), ...u16(cipher), 0];
  return Uint8Array.from(extensions === undefined ? head : [...head, ...extensionBlock(extensions)]);
}

export function certificateBody(certificates: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(vector24(certificates.flatMap((der) => vector24([...der]))));
}

export function message(type: number, body: Uint8Array): Uint8Array {
  return Uint8Array.from([type, ...u24(body.length), ...body]);
}

export function record(type: number, content: Uint8Array, version = 0x0303): Uint8Array {
  return Uint8Array.from([type, ...u16(version), ...u16(content.length), ...content]);
}

export function joined(...pieces: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(pieces.flatMap((piece) => [...piece]));
}

/** Handshake bytes in records of at most `size` bytes of content. */
export function records(content: Uint8Array, size: number): Uint8Array {
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < content.length; at += size) pieces.push(record(22, content.subarray(at, at + size)));
  return joined(...pieces);
}

/** A hello like a browser's of 2024, GREASE included. */
export const browserHello: HelloParts = {
  sessionId: Array.from({ length: 32 }, (_, index) => index),
  ciphers: [0x1a1a, 0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc013, 0xc014, 0x009c, 0x009d, 0x002f, 0x0035],
  extensions: [
    empty(0x3a3a),
    empty(0x001b),
    serverName('Www.Example.VN'),
    empty(0x0033),
    alpn(ascii('h2'), ascii('http/1.1')),
    empty(0x4469),
    empty(0x0017),
    empty(0x002d),
    signatureAlgorithms(0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601),
    empty(0x0005),
    empty(0x0023),
    empty(0x0012),
    supportedVersions(0x6a6a, 0x0304, 0x0303),
    [0xff01, [0]],
    pointFormats(0),
    groups(0xdada, 0x001d, 0x0017, 0x0018),
    empty(0x0015),
    [0xeaea, [0]],
  ],
};

/** Deterministic bytes for fuzzing: xorshift32. */
export function randomBytes(seed: number, length: number): Uint8Array {
  let state = seed | 1;
  return Uint8Array.from({ length }, () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state & 0xff;
  });
}
