import { describe, expect, it } from 'vitest';
import { Reader } from '../../../../../firmware/sensor/bytes/reader.ts';
import { decodeDhcpv4 } from '../../../../../firmware/sensor/decode/dhcp/dhcpv4.ts';

const text = (value: string) => [...Buffer.from(value)];
const option = (code: number, data: readonly number[]) => [code, data.length, ...data];

interface Parts {
  operation?: number;
  client?: number[];
  yours?: number[];
  options?: number[];
  file?: number[];
  serverName?: number[];
}

function message(parts: Parts): Buffer {
  const { operation = 1, client = [0, 0, 0, 0], yours = [0, 0, 0, 0], options = [], file = [], serverName = [] } = parts;
  const bytes = Buffer.alloc(240 + options.length);
  bytes.set([operation, 1, 6, 0, 1, 2, 3, 4, 0, 0, 0x80, 0]);
  bytes.set([...client, ...yours], 12);
  bytes.set([0x02, 0, 0, 0xaa, 0xbb, 0xcc], 28);
  bytes.set(serverName, 44);
  bytes.set(file, 108);
  bytes.set([0x63, 0x82, 0x53, 0x63, ...options], 236);
  return bytes;
}

const decode = (bytes: Uint8Array) => decodeDhcpv4(new Reader(bytes));
const request = message({
  options: [
    ...option(53, [3]),
    ...option(50, [192, 0, 2, 44]),
    ...option(12, [...text('KeToan-PC'), 0]),
    0,
    ...option(60, text('MSFT 5.0')),
    ...option(81, [0, 0, 0, ...text('ketoan-pc.langson.example')]),
    255,
  ],
});

describe('decodeDhcpv4', () => {
  it('gives what a client says of itself', () => {
    expect(decode(request)).toEqual({
      messageType: 'request',
      mac: '02:00:00:aa:bb:cc',
      hostname: 'KeToan-PC',
      requested: '192.0.2.44',
      vendorClass: 'MSFT 5.0',
      fqdn: 'ketoan-pc.langson.example',
    });
  });

  it('gives the address that a server assigns, and the one that a renewing client keeps', () => {
    expect(decode(message({ operation: 2, yours: [192, 0, 2, 45], options: [...option(53, [5]), 255] }))).toMatchObject({
      messageType: 'ack',
      assigned: '192.0.2.45',
    });
    expect(decode(message({ client: [192, 0, 2, 46], options: [...option(53, [3]), 255] })).requested).toBe('192.0.2.46');
  });

  it('reads options in the fields that an overload option names, and only there', () => {
    const file = option(12, text('in-file'));
    const serverName = option(60, text('in-sname'));
    expect(decode(message({ options: [...option(52, [3]), 255], file, serverName }))).toMatchObject({
      hostname: 'in-file',
      vendorClass: 'in-sname',
    });
    expect(decode(message({ options: [255], file, serverName })).hostname).toBeUndefined();
  });

  it('keeps Vietnamese names and escapes what is not text', () => {
    expect(decode(message({ options: option(12, text('máy-kế-toán')) })).hostname).toBe('máy-kế-toán');
    expect(decode(message({ options: option(12, [0x41, 0xff, 0x0a]) })).hostname).toBe('A\\xff\\x0a');
    expect(decode(message({ options: option(12, text('a\u202eb\n')) })).hostname).toBe('a\\xe2\\x80\\xaeb\\x0a');
  });

  it('reads a name in DNS form', () => {
    expect(decode(message({ options: option(81, [4, 0, 0, 3, ...text('pc1'), 7, ...text('example'), 0]) })).fqdn).toBe('pc1.example');
  });

  it('says what is wrong and keeps the rest', () => {
    expect(decode(message({ options: [...option(12, text('a')), 60, 200, 1] }))).toMatchObject({
      hostname: 'a',
      anomaly: 'dhcp.bad-option',
    });
    expect(decode(Buffer.from('no dhcp at all'))).toMatchObject({ messageType: 'other' });
    expect(decode(Buffer.from('no dhcp at all')).mac).toBeUndefined();
  });

  it('survives every prefix and every flipped byte', () => {
    for (let length = 0; length < request.length; length++) decode(request.subarray(0, length));
    for (let at = 0; at < request.length; at++) {
      const flipped = Buffer.from(request);
      flipped[at] = flipped[at]! ^ 0xff;
      expect(decode(flipped)).toHaveProperty('messageType');
    }
  });
});
