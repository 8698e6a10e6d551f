/** One small list of every format, with what is awkward about it. The counts of real ones are in `corpus.test.ts`. */
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { read, temporaryFolder } from './lists.ts';

const folder = temporaryFolder();

const threatfox15 =
  '# "first_seen_utc","ioc_id","ioc_value","ioc_type","threat_type","fk_malware","malware_alias","malware_printable","last_seen_utc","confidence_level","is_compromised","reference","tags","anonymous","reporter"\r\n';
const threatfox14 = threatfox15.replace('"is_compromised",', '');
const row15 =
  '"2026-08-01 10:00:00", "1", "192.0.2.10:443", "ip:port", "botnet_cc", "win.x", "A,B", "Cobalt ""Strike""", "", "90", "False", "https://r.example/1,2", "None", "0", "t"\r\n';
const row14 = row15.replace('"False", ', '');

describe('abuse.ch', () => {
  it.each([
    ['15', threatfox15, row15],
    ['14', threatfox14, row14],
  ])('reads ThreatFox with %s columns by its commented header', async (_, header, row) => {
    const { report, entries } = await read(folder, `\ufeff# ThreatFox\r\n#\r\n${header}${row}# Number of entries: 1\r\n`);
    expect(report.format).toBe('threatfox-csv');
    expect(entries).toMatchObject([
      {
        kind: 'address_port',
        value: '192.0.2.10:443',
        provenances: [
          { family: 'Cobalt "Strike"', confidence: 90, firstSeenMs: Date.UTC(2026, 7, 1, 10), reference: 'https://r.example/1,2' },
        ],
      },
    ]);
  });

  it('reads the JSON of ThreatFox, URLhaus and Feodo Tracker', async () => {
    const threatfox =
      '{"41":[{"ioc_value":"gate.example.com","ioc_type":"domain","malware_printable":"Dridex","confidence_level":100}],"42":[{"ioc_value":"aa","ioc_type":"md5_hash"}]}';
    expect((await read(folder, threatfox)).report).toMatchObject({ counts: { domain: 1 }, refused: 1 });
    const urlhaus =
      '{"3":[{"dateadded":"2026-07-01 10:00:00 UTC","url":"http://192.0.2.5/b.sh","url_status":"offline","urlhaus_link":"https://u.example/3/","tags":["elf"]}]}';
    expect((await read(folder, urlhaus)).entries).toMatchObject([
      { kind: 'url', provenances: [{ isOffline: true, reference: 'https://u.example/3/' }] },
    ]);
    // The name that a provider gave the server is nobody's indicator.
    const feodo = '[{"ip_address":"192.0.2.1","port":443,"status":"online","hostname":"vm-1.provider.example","malware":"Pikabot"}]';
    expect((await read(folder, feodo)).values).toEqual(['address_port 192.0.2.1:443']);
  });

  it('reads a field with a line end in it, and refuses only the line of a quote without an end', async () => {
    const whole = await read(folder, 'value,family\nevil.example.com,"two\nlines"\nother.example.com,x\n');
    expect(whole.entries[0]!.provenances[0]!.family).toBe('two lines');
    expect(whole.report.counts.domain).toBe(2);
    const stray = await read(folder, `value,family\nevil.example.com,"open\n${'more.example.com,y\n'.repeat(40)}last.example.com,z\n`);
    expect(stray.report).toMatchObject({ counts: { domain: 2 }, refusedByReason: { 'open-quote': 1 } });
  });
});

describe('tables with columns of another name', () => {
  it('takes the columns that the operator named', async () => {
    const text =
      'ioc;kind;malware;score;ends;why\nevil.example.com;domain;Foo;80;2030-01-01;r1\n192.0.2.3;ip;Bar;x;;\nbad;md5;;;;\nlate.example.com;domain;;;soon;\n';
    const map = 'value=ioc,type=kind,family=malware,confidence=score,validUntil=ends,reference=why';
    const { report, entries } = await read(folder, text, { as: 'csv', map, confidence: 10 });
    expect(entries).toMatchObject([
      { value: '192.0.2.3', provenances: [{ family: 'Bar', confidence: 10 }] },
      { value: 'evil.example.com', provenances: [{ family: 'Foo', confidence: 80, validUntilMs: Date.UTC(2030, 0, 1), reference: 'r1' }] },
    ]);
    expect(report.refusedByReason).toEqual({ 'file-hash': 1, 'bad-end': 1 });
    expect(report.passedOver).toEqual({ 'bad-confidence': 1 });
  });

  it('takes columns by number where there is no header', async () => {
    const { values } = await read(folder, 'x,evil.example.com\ny,other.example.com\n', { as: 'csv', map: 'domain=2' });
    expect(values).toEqual(['domain evil.example.com', 'domain other.example.com']);
  });

  it.each(['value=nope', 'nonsense=1', 'value', ''])('says what is wrong with --map %s', async (map) => {
    await expect(read(folder, 'ioc,x\nevil.example.com,1\n', { as: 'csv', map })).rejects.toThrow(/--map|no column/);
  });
});

describe('MISP', () => {
  const attribute = (type: string, value: string, more: object = {}) => ({ type, value, uuid: `u-${type}`, to_ids: true, ...more });
  const event = {
    uuid: 'e1',
    info: 'Campaign',
    date: '2026-08-01',
    Orgc: { name: 'CERT' },
    Tag: [{ name: 'tlp:amber' }, { name: 'misp-galaxy:malpedia="Glupteba"' }],
    Attribute: [
      attribute('domain|ip', 'pair.example.com|192.0.2.22'),
      attribute('ip-dst|port', '2001:db8::21|443'),
      attribute('hostname|port', 'panel.example.com|8080'),
      attribute('domain', 'not.example.com', { to_ids: false }),
      attribute('domain', 'gone.example.com', { deleted: true }),
      attribute('md5', 'aa'),
      attribute('AS', '64500'),
    ],
    Object: [{ Attribute: [attribute('uri', '/only/a/path')] }, { deleted: true, Attribute: [attribute('domain', 'dead.example.com')] }],
  };

  it.each([
    ['bare', { Event: event }],
    ['answered by a server', { response: [{ Event: event }] }],
    ['in a list', [{ Event: event }]],
  ])('reads an event that is %s', async (_, document) => {
    const { report, entries, values } = await read(folder, JSON.stringify(document));
    expect(report).toMatchObject({ format: 'misp-event', refusedByReason: { 'file-hash': 1, 'other-type: AS': 1, 'no-host': 1 } });
    expect(values).toEqual([
      'address 192.0.2.22',
      'address_port [2001:db8::21]:443',
      'domain not.example.com',
      'domain pair.example.com',
      'domain panel.example.com',
    ]);
    expect(entries[0]!.provenances).toMatchObject([
      { origin: 'CERT', tlp: 'amber', family: 'Glupteba', reference: 'MISP event e1: Campaign' },
    ]);
    expect(entries[2]!.provenances[0]!.isNotForDetection).toBe(true);
  });

  it('reads warning lists as allowances, and refuses parts of names and expressions', async () => {
    const list = (type: string, ...values: string[]) =>
      JSON.stringify({ name: 'w', type, list: values, version: 1, matching_attributes: ['domain'] });
    expect((await read(folder, list('hostname', 'a.example.com', '.b.example.com'))).values).toEqual([
      'allow a.example.com',
      'allow b.example.com',
    ]);
    expect((await read(folder, list('cidr', '198.51.100.0/24', '192.0.2.1'))).report.counts.allow).toBe(2);
    // Such a list allows the name and nothing below it.
    expect((await read(folder, list('string', 'a.example.com'))).values).toEqual(['allow =a.example.com']);
    expect((await read(folder, list('regex', '/a/'))).report.refusedByReason).toEqual({ 'allow-expression': 1 });
    expect((await read(folder, list('substring', 'a'))).report.refusedByReason).toEqual({ 'allow-substring': 1 });
  });
});

describe('lists of lines', () => {
  it.each([
    [
      'plain-list',
      '192.0.2.1 # x\n; c\nevil.example.com;note\n192.0.2.1\nnothing here\n',
      ['address 192.0.2.1', 'domain evil.example.com'],
      1,
    ],
    [
      'hosts',
      '127.0.0.1 localhost\n0.0.0.0 Ads.example.com t.example.com # x\n::1 ip6-localhost\n0.0.0.0 a_b..c\n',
      ['domain ads.example.com', 'domain t.example.com'],
      1,
    ],
    [
      'adblock',
      '! c\n||ads.example.com^$third-party\n@@||good.example.com^\n||a.example.com^$domain=b.example\n##.x\n',
      ['domain ads.example.com', 'allow good.example.com'],
      2,
    ],
    [
      'zeek-intel',
      '#fields\tindicator\tindicator_type\tmeta.source\n192.0.2.1\tIntel::ADDR\ts\nx\tIntel::FILE_NAME\ts\n',
      ['address 192.0.2.1'],
      1,
    ],
    [
      'suricata-dataset-string',
      `${btoa('evil.example.com')}\n${btoa('http://a.example.com/X')},5\n`,
      ['domain evil.example.com', 'url http://a.example.com/X'],
      0,
    ],
    ['suricata-dataset-ip', '0004:0005:0000:0000:0000:0000:0000:0006\n', ['address 4:5::6'], 0],
    [
      'defanged-text',
      'Servers:\n c2[.]example[.]com, (192.0.2[.]9) see readme.txt and a[@]example.com\n',
      ['address 192.0.2.9', 'domain c2.example.com'],
      1,
    ],
  ] as const)('recognises and reads %s', async (format, text, values, refused) => {
    const { report, values: found } = await read(folder, text);
    expect({ format: report.format, refused: report.refused, found }).toEqual({ format, refused, found: values });
  });

  it('takes hashes of files in a dataset for what they are', async () => {
    const { report } = await read(folder, `${'ab'.repeat(16)}\n`, { as: 'suricata-dataset-md5' });
    expect(report).toMatchObject({ refused: 1, refusedByReason: { 'file-hash': 1 } });
  });

  it('reads a list that is compressed', async () => {
    expect((await read(folder, gzipSync('192.0.2.1\n'))).values).toEqual(['address 192.0.2.1']);
  });
});

describe('what is no list', () => {
  it.each([
    ['nothing', '', /is empty/],
    ['a web page', '<!DOCTYPE html><a href="http://evil.example.com/">', /web page/],
    ['JSON of another kind', '{"a":1}', /no known format/],
    ['broken JSON', '{"type":"bundle"', /is no JSON/],
    ['an archive', 'PK\x03\x04', /zip/],
    ['bytes', 'a\0b', /is no text/],
    ['UTF-16', Buffer.from('\ufeff192.0.2.1', 'utf16le'), /UTF-16/],
    ['gzip within gzip', gzipSync(gzipSync('192.0.2.1')), /compressed twice/],
    ['half of a gzip', gzipSync('192.0.2.1\n'.repeat(1000)).subarray(0, 40), /damaged gzip/],
  ])('%s is refused in one line', async (_, text, message) => {
    await expect(read(folder, text)).rejects.toThrow(message);
  });
});
