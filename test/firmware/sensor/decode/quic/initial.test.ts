import { describe, expect, it } from 'vitest';
import { Reader } from '../../../../../firmware/sensor/bytes/reader.ts';
import { looksLikeQuicInitial, openInitial } from '../../../../../firmware/sensor/decode/quic/initial.ts';
import { deriveInitialKeys } from '../../../../../firmware/sensor/decode/quic/initial-keys.ts';
import { readLongHeader } from '../../../../../firmware/sensor/decode/quic/long-header.ts';
import { quicVersion } from '../../../../../firmware/sensor/decode/quic/version.ts';
import { concat, DRAFT_29, hex, initialKeys, type Kind, type PacketParts, packet, padded, V1, V2 } from './quic-bytes.ts';
import { CONNECTION_ID, PAYLOAD, VERSION_1, VERSION_2 } from './rfc-vectors.ts';

const toHex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const looks = (bytes: Uint8Array): boolean => looksLikeQuicInitial(bytes, 0, bytes.length);

function open(bytes: Uint8Array, kind: Kind, connectionId: Uint8Array): Uint8Array | undefined {
  const header = readLongHeader(new Reader(bytes));
  const version = quicVersion(kind.number);
  if (header === undefined || version === undefined) throw new Error('not a packet');
  return openInitial(bytes, header, deriveInitialKeys(version, connectionId));
}

describe.each([
  ['RFC 9001 appendix A', V1, VERSION_1],
  ['RFC 9369 appendix A', V2, VERSION_2],
])('the sample of %s', (_where, kind, expected) => {
  it('gives the published keys', () => {
    const keys = deriveInitialKeys(quicVersion(kind.number)!, CONNECTION_ID);
    expect(toHex(keys.key.export())).toBe(expected.key);
    expect(toHex(keys.iv)).toBe(expected.iv);
    expect(toHex(keys.headerKey.export())).toBe(expected.headerKey);
  });

  it('is opened, and not changed by that', () => {
    const bytes = packet({ kind, connectionId: CONNECTION_ID, payload: PAYLOAD });
    expect(toHex(bytes).startsWith(expected.packetHead)).toBe(true);
    expect(toHex(bytes).endsWith(expected.packetTag)).toBe(true);
    const before = Uint8Array.from(bytes);
    expect(toHex(open(bytes, kind, CONNECTION_ID) ?? new Uint8Array(0))).toBe(toHex(PAYLOAD));
    expect(bytes).toEqual(before);
  });
});

describe('openInitial', () => {
  it.each([1, 2, 3, 4] as const)('takes packet numbers of %i bytes, and the highest of them', (packetNumberBytes) => {
    for (const packetNumber of [0, 1, 2 ** (8 * packetNumberBytes) - 1]) {
      const bytes = packet({ connectionId: CONNECTION_ID, payload: PAYLOAD, packetNumber, packetNumberBytes });
      expect(open(bytes, V1, CONNECTION_ID)).toEqual(Buffer.from(PAYLOAD));
    }
  });

  it('opens nothing with the keys of the server, of another id or of another version', () => {
    const parts: PacketParts = { connectionId: CONNECTION_ID, payload: PAYLOAD };
    expect(open(packet({ ...parts, keys: initialKeys(V1, CONNECTION_ID, 'server') }), V1, CONNECTION_ID)).toBeUndefined();
    expect(open(packet(parts), V1, hex('8394c8f03e515709'))).toBeUndefined();
    expect(open(packet(parts), DRAFT_29, CONNECTION_ID)).toBeUndefined();
  });

  it('opens nothing of which a byte was changed', () => {
    const bytes = packet({ connectionId: CONNECTION_ID, payload: PAYLOAD.subarray(0, 300) });
    for (let index = 0; index < bytes.length; index++) {
      const changed = Uint8Array.from(bytes);
      changed[index]! ^= 1;
      const header = readLongHeader(new Reader(changed));
      if (header !== undefined)
        expect(openInitial(changed, header, deriveInitialKeys(header.version, CONNECTION_ID)), `byte ${index}`).toBeUndefined();
    }
  });

  it('refuses a packet whose payload is no longer than its tag', () => {
    const bytes = concat(packet({ connectionId: CONNECTION_ID, payload: new Uint8Array(0) }), new Uint8Array(40));
    expect(open(bytes, V1, CONNECTION_ID)).toEqual(Buffer.alloc(0));
  });
});

describe('looksLikeQuicInitial', () => {
  it.each([
    ['v1', V1],
    ['v2', V2],
    ['draft-29', DRAFT_29],
  ])('knows an Initial packet of %s, with and without a token', (_name, kind) => {
    expect(looks(packet({ kind, connectionId: CONNECTION_ID, payload: PAYLOAD }))).toBe(true);
    expect(
      looks(packet({ kind, connectionId: CONNECTION_ID, sourceId: new Uint8Array(20), token: new Uint8Array(300), payload: PAYLOAD })),
    ).toBe(true);
  });

  it('refuses a cut packet, at every length', () => {
    const bytes = packet({ connectionId: CONNECTION_ID, payload: PAYLOAD });
    for (let length = 0; length < bytes.length; length++) expect(looks(bytes.subarray(0, length))).toBe(false);
    expect(looksLikeQuicInitial(concat(Uint8Array.of(7), bytes), 1, bytes.length + 1)).toBe(true);
  });

  it('refuses other packet types, short headers, unknown versions and ids that are too long', () => {
    const bytes = packet({ connectionId: CONNECTION_ID, payload: PAYLOAD });
    const changed = (index: number, value: number): Uint8Array => bytes.map((byte, at) => (at === index ? value : byte));
    expect(looks(packet({ connectionId: CONNECTION_ID, payload: PAYLOAD, type: 'handshake' }))).toBe(false);
    for (const first of [0x40, 0x80, 0xd0, 0xe0, 0xf0, 0x00]) expect(looks(changed(0, first))).toBe(false);
    for (const version of [0, 2, 9]) expect(looks(changed(4, version))).toBe(false);
    expect(looks(packet({ connectionId: new Uint8Array(21), payload: PAYLOAD }))).toBe(false);
    expect(looks(packet({ connectionId: CONNECTION_ID, sourceId: new Uint8Array(21), payload: PAYLOAD }))).toBe(false);
    expect(looks(padded(Uint8Array.of(0xc0, 0, 0, 0, 1, 0, 0, 0, 3, 1, 2, 3), 60))).toBe(false);
  });
});
