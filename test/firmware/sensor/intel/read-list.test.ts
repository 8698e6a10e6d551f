import { describe, expect, test } from 'vitest';
import { formatAddress } from '../../../../firmware/sensor/bytes/address.ts';
import type { Provenance } from '../../../../firmware/sensor/intel/indicator.ts';
import type { ParsedValue } from '../../../../firmware/sensor/intel/parsed-value.ts';
import { ListReport, readList } from '../../../../firmware/sensor/intel/read-list.ts';
import { refusals } from '../../../../firmware/sensor/intel/refusal.ts';
import { scratchFolder } from './lists.ts';

const scratch = scratchFolder();

interface Taken {
  value: string;
  provenance: Provenance;
  allow: boolean;
}

function textOf(value: ParsedValue): string {
  if (value.text !== '') return `${value.exact ? '=' : ''}${value.text}`;
  return `${formatAddress(value.a, value.b, value.c, value.d)}/${value.prefixLength}${value.port > 0 ? ` port ${value.port}` : ''}`;
}

function read(
  content: string | Uint8Array,
  allow = false,
): { taken: Taken[]; values: string[]; types: string[]; report: ListReport; refused: string[] } {
  const path = scratch.write('a.list', content);
  const report = new ListReport();
  const taken: Taken[] = [];
  const types: string[] = [];
  readList(path, { allow, defaults: { confidence: 75, source: 'a' } }, report, (value, provenance, allowed) => {
    taken.push({ value: textOf(value), provenance, allow: allowed });
    types.push(value.type);
  });
  return {
    taken,
    values: taken.map((entry) => entry.value),
    types,
    report,
    refused: report.refusals.map((line) => line.replace(`${path}:`, '')),
  };
}

describe('a text list', () => {
  test('has one value a line, comments, blank lines, a byte order mark and either line end', () => {
    const { values, refused, report } = read(
      '\ufeff# header\r\n\r\nevil.example # trailing\r\n  192.0.2.1  \n; other\n// third\n192.0.2.2 ; note\nua:bot/1 # not a comment\nhttp://h.example/#frag\nlast.example',
    );
    expect(values).toEqual(['evil.example', '192.0.2.1/32', '192.0.2.2/32', 'bot/1 # not a comment', 'h.example/', 'last.example']);
    expect(refused).toEqual([]);
    expect(report.lines).toBe(10);
  });

  test('counts what it refuses and names the line', () => {
    const { values, refused, report } = read('evil.example\nlocalhost\n\n999.1.1.1 # why\n');
    expect(values).toEqual(['evil.example']);
    expect(report.refused).toBe(2);
    expect(refused).toEqual([
      '2: localhost: not a domain: it needs at least two labels',
      '4: 999.1.1.1: not an IPv4 address: four numbers from 0 to 255, without leading zeros',
    ]);
  });

  test('keeps the first 100 refusals and counts them all', () => {
    const { report } = read('bad\n'.repeat(250));
    expect([report.refused, report.refusals.length]).toEqual([250, 100]);
  });

  test('shows nothing of a hostile line that a terminal would obey', () => {
    expect(read('evil\u001b[2J.example\n').refused).toEqual(['1: evil?[2J.example: control character in the value']);
    expect(read(`${'x'.repeat(200)}\n`).refused[0]).toContain(`${'x'.repeat(80)}…: `);
  });

  test.each([8193, 300_000, 1_000_000])('refuses a line of %i characters and goes on after it', (length) => {
    const { values, refused } = read(`a.example\n${'x'.repeat(length)}\nb.example\n${'y'.repeat(length)}`);
    expect(values).toEqual(['a.example', 'b.example']);
    expect(refused).toEqual(['2: line too long', '4: line too long']);
  });

  test('reads across the borders of its buffer', () => {
    const names = Array.from({ length: 40_000 }, (_, index) => `host${index}.ví-dụ.example`);
    expect(read(names.join('\n')).taken.length).toBe(names.length);
    expect(read(names.join('\r\n')).report.refused).toBe(0);
  });

  test.each([
    [Buffer.from('\ufeffevil.example', 'utf16le'), /UTF-16/],
    [Buffer.from([0x1f, 0x8b, 8, 0]), /gzip/],
    [Buffer.from('evil\0example'), /zero bytes/],
    [Buffer.from('VGINTEL\x1a', 'latin1'), /compiled set/],
  ])('is not %s', (content, message) => expect(() => read(content)).toThrow(message));
});

test('a row in a plain list is refused; a URL may have commas', () => {
  const { values, refused } = read(
    'evil.example\n203.0.113.0/24,X\nhttp://h.example/@1.5,2.5;s=1\nhttp://h.example/x,HangDa\nurl:http://h.example/x,HangDa\nMozilla/5.0 (KHTML, like Gecko)\nMozilla/5.0 (a),X\n',
  );
  expect(values).toEqual(['evil.example', 'h.example/@1.5,2.5;s=1', 'h.example/x,HangDa', 'Mozilla/5.0 (KHTML, like Gecko)']);
  const reason = 'more than one value: a CSV list begins with a header; write url:… for a URL that has a comma';
  expect(refused).toEqual([`2: 203.0.113.0/24,X: ${reason}`, `4: http://h.example/x,HangDa: ${reason}`, `7: Mozilla/5.0 (a),X: ${reason}`]);
});

describe('a CSV list', () => {
  test('is recognised by its header, in any order and case, with synonyms', () => {
    const { taken } = read(
      'TLP,First-Seen,Indicator,Malware,Confidence,expires,reference,source\n' +
        'TLP:AMBER,2026-08-01,evil.example,Emotet,90,2026-09-01T00:00:00+07:00,https://example.org/?a=1,feed\n' +
        'white,,192.0.2.1,,,,,\n',
    );
    expect(taken).toEqual([
      {
        value: 'evil.example',
        allow: false,
        provenance: {
          tlp: 'amber',
          firstSeenMs: Date.UTC(2026, 7, 1),
          family: 'Emotet',
          confidence: 90,
          validUntilMs: Date.UTC(2026, 7, 31, 17),
          reference: 'https://example.org/?a=1',
          source: 'feed',
        },
      },
      { value: '192.0.2.1/32', allow: false, provenance: { tlp: 'clear', confidence: 75, source: 'a' } },
    ]);
  });

  test('has quotes with commas, doubled quotes and line ends in them', () => {
    const { taken, refused } = read(
      'value,family\r\n"evil.example","a ""b"", c"\r\n evil2.example , "two\nlines"\r\nhttp://h.example/x,plain\n',
    );
    expect(taken.map(({ value, provenance }) => [value, provenance.family])).toEqual([
      ['evil.example', 'a "b", c'],
      ['evil2.example', 'two\nlines'],
      ['h.example/x', 'plain'],
    ]);
    expect(refused).toEqual([]);
  });

  test('loses only the line of a stray quote', () => {
    const rows = Array.from({ length: 40 }, (_, index) => `h${index}.example,x`);
    const { values, refused } = read(`value,family\nbad.example,"open\n${rows.join('\n')}\nend.example,"open`);
    expect(values).toEqual(rows.map((row) => row.split(',')[0]));
    expect(refused).toEqual(['2: bad.example,"open: quote without an end', '43: end.example,"open: quote without an end']);
  });

  test('may have its header in a comment and its address and port apart, as public feeds do', () => {
    const { values, refused } = read(
      '###\n# A feed, with a comma\n#\n# "first_seen_utc","dst_ip","dst_port","malware"\n"2026-02-10 12:00:00","203.0.113.8","443","QakBot"\n' +
        '"2026-02-12 12:00:00","2001:DB8:0:0::9","449","None"\n"2026-02-13","203.0.113.10","70000","x"\n# END',
    );
    expect(values).toEqual(['203.0.113.8/32 port 443', '2001:db8::9/128 port 449']);
    expect(refused).toEqual(['7: 203.0.113.10 port 70000: port is not a number from 1 to 65535']);
  });

  test('has a column that says allow or block, before what the file says', () => {
    const rows = 'value,action\na.example,allow\nb.example,BLOCK\nc.example,\n';
    expect(read(rows).taken.map((entry) => entry.allow)).toEqual([true, false, false]);
    expect(read(rows, true).taken.map((entry) => entry.allow)).toEqual([true, false, true]);
  });

  test('has a column of types; hashes of files are refused by their true name', () => {
    const { values, refused } = read(
      `ioc,ioc_type\n192.0.2.1:443,ip:port\nevil.example,domain\n${'a'.repeat(32)},md5_hash\nbot/1 x,user-agent\n192.0.2.1,ip:port\nx.example,magic\n`,
    );
    expect(values).toEqual(['192.0.2.1/32 port 443', 'evil.example', 'bot/1 x']);
    expect(refused.map((line) => line.slice(line.lastIndexOf(': ') + 2))).toEqual([
      'a hash of a file is never seen on the network',
      'not of the type that its column says',
      'unknown type',
    ]);
  });

  test('takes url for the value where no other column holds one, and for the reference where one does', () => {
    expect(read('dateadded,url\n2026-08-01,http://h.example/x\n').values).toEqual(['h.example/x']);
    expect(read('value,url\nevil.example,http://r.example/x\n').taken[0]?.provenance.reference).toBe('http://r.example/x');
  });

  test.each([
    ['Address', '203.0.113.7', '203.0.113.7/32'],
    ['IPv4', '203.0.113.7', '203.0.113.7/32'],
    ['IP Address (v4)', '203.0.113.7', '203.0.113.7/32'],
    ['ipv6', '2001:db8::7', '2001:db8::7/128'],
    ['CIDR', '203.0.113.0/24', '203.0.113.0/24'],
    ['network', '203.0.113.0/24', '203.0.113.0/24'],
    ['host', 'evil.example', 'evil.example'],
    ['host', '203.0.113.7', '203.0.113.7/32'],
    ['Host Name', 'evil.example', 'evil.example'],
    ['FQDN', 'evil.example', 'evil.example'],
    ['URI', 'http://evil.example/x,y', 'evil.example/x,y'],
    ['[domain]', 'evil.example', 'evil.example'],
    ['indicator.value', 'evil.example', 'evil.example'],
    ['Observable', 'evil.example', 'evil.example'],
    ['name', 'evil.example', 'evil.example'],
    ['fingerprint', 'a'.repeat(40), 'a'.repeat(40)],
    ['sha1_fingerprint', 'a'.repeat(40), 'a'.repeat(40)],
    ['cert_sha256', 'a'.repeat(64), 'a'.repeat(64)],
    ['ja3', 'a'.repeat(32), 'a'.repeat(32)],
    ['UA', 'curl', 'curl'],
    ['User_Agent', 'bot 1.0', 'bot 1.0'],
  ])('has its values in a column that is called %s: %s', (name, value, expected) => {
    for (const header of [`Malware Family,${name},first seen (UTC)`, `# "malware.family","${name}","first_seen"`]) {
      const { taken, refused } = read(`${header}\nHangDa,"${value}",2026-08-01\n`);
      expect(refused).toEqual([]);
      expect(taken).toEqual([
        { value: expected, allow: false, provenance: { family: 'HangDa', firstSeenMs: Date.UTC(2026, 7, 1), confidence: 75, source: 'a' } },
      ]);
    }
  });

  test.each([
    ['certificate', 'b'.repeat(40), 'cert-sha1'],
    ['certificate', 'b'.repeat(64), 'cert-sha256'],
    ['certificate-sha1', 'b'.repeat(40), 'cert-sha1'],
    ['x509-sha1', 'b'.repeat(40), 'cert-sha1'],
    ['tls-cert-sha1', 'b'.repeat(40), 'cert-sha1'],
    ['x509-fingerprint-sha256', 'b'.repeat(64), 'cert-sha256'],
    ['http-user-agent', 'x', 'user-agent'],
    ['ja3-fingerprint', 'b'.repeat(32), 'ja3'],
    ['domain-name', 'evil.example', 'domain'],
    ['ipv4-addr', '203.0.113.7', 'address'],
    ['ip-dst|port', '203.0.113.7|443', 'address-port'],
    ['ip-dst|port', '2001:db8::7|443', 'address-port'],
  ])('has the type %s: %s', (word, value, type) => {
    const { types } = read(`observable,indicator_type\n${value},${word}\n`);
    expect(types).toEqual([type]);
  });

  test('takes a domain and an address from one row, and leaves empty cells alone', () => {
    const { values, refused } = read(
      'domain,ip,port,malware\nevil.example,203.0.113.7,,X\n,203.0.113.8,443,X\nb.example,-,,X\nbad,203.0.113.9,,X\n,,,X\n',
    );
    expect(values).toEqual(['evil.example', '203.0.113.7/32', '203.0.113.8/32 port 443', 'b.example', '203.0.113.9/32']);
    expect(refused).toEqual(['5: bad: not a domain: it needs at least two labels', '6: empty value']);
  });

  test('takes url for a value beside others only where another column is the reference', () => {
    expect(read('domain,url\nevil.example,http://r.example/x\n').values).toEqual(['evil.example']);
    expect(read('domain,url,reference\nevil.example,http://r.example/x,http://q.example/\n').values).toEqual([
      'evil.example',
      'r.example/x',
    ]);
  });

  test('without a known header is refused with one line for all its rows, none of which is taken for a URL', () => {
    const { values, refused, report } = read('foo;bar\n203.0.113.0/24;X\nevil.example/x;Y\n# note\nplain.example\n');
    expect(values).toEqual(['plain.example']);
    expect(refused).toEqual(['1: foo;bar: CSV without a known header: its first line must name the columns (value, or ip, domain, url …)']);
    expect(report.refused).toBe(3);
    for (const row of ['http://h.example/x,HangDa,2026-08-01', 'evil.example,domain,HangDa', '203.0.113.7\tHangDa', '"evil.example","X"']) {
      expect(read(`${row}\n${row}\n`).values, row).toEqual([]);
      expect(read(`${row}\n${row}\n`).refused.length, row).toBe(1);
    }
  });

  test('is not what a comment that lists a few words begins', () => {
    expect(read('# ip, domain and url\n# value, type\nevil.example\n203.0.113.7\n').values).toEqual(['evil.example', '203.0.113.7/32']);
  });

  test('refuses a row whose end of validity cannot be read: it must not count for ever', () => {
    expect(read('value,valid_until\nevil.example,soon\n').refused).toEqual(['2: evil.example: valid_until is not a time']);
    expect(read('value,valid_until\nevil.example,2026-13-45\n').taken).toEqual([]);
    expect(read('value,valid_until\nevil.example,1767225600\n').taken[0]?.provenance.validUntilMs).toBe(1_767_225_600_000);
  });

  test('refuses a row with a confidence, TLP or list that it does not know', () => {
    expect(read('value,confidence,tlp,list\na.example,101,,\nb.example,high,,\nc.example,,pink,\nd.example,,,maybe\n').report.refused).toBe(
      4,
    );
  });
});

test('every reason of the closed list can happen in a list', () => {
  const long = 'a'.repeat(4097);
  const hex = '0'.repeat(31);
  const { report } = read(
    [
      'value,type,confidence,tlp,list,valid_until,family',
      ',,1,,,,',
      'two words',
      'a\u0001b.example',
      long,
      'single',
      'a..example',
      `${'b'.repeat(64)}.example`,
      `${'c.'.repeat(125)}example`,
      'a!.example',
      'a.*.example',
      'a.example.1',
      '\u{fffd}.example',
      'a.example:80',
      '1.2.3.256',
      '2001:db8:::1',
      'ip:x.example',
      '192.0.2.1-192.0.2.9',
      '192.0.2.0/99',
      '64.0.0.0/2',
      '2000::/4',
      '127.0.0.1',
      '192.0.2.1:99999',
      'http:///',
      'ftp://a.example/',
      `ja3:${hex}`,
      `ja4:${hex}`,
      `sha1:${hex}`,
      `sha256:${hex}`,
      'x,md5',
      'a@b.example',
      'x,strange',
      '192.0.2.1,ip:port',
      'a.example,,x',
      'a.example,,,x',
      'a.example,,,,x',
      'a.example,,,,,x',
      'a.example,,,,,,"x',
      'z'.repeat(8200),
    ].join('\n'),
  );
  const lines = [...report.refusals, ...read('foo,bar\n').refused, ...read('a.example\nfoo,bar\n').refused];
  const seen = new Set(refusals.filter((reason) => lines.some((line) => line.endsWith(`: ${reason}`) || line.endsWith(reason))));
  expect(refusals.filter((reason) => !seen.has(reason))).toEqual([]);
});
