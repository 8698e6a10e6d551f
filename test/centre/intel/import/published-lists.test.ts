/** Lists in the form in which their publishers give them: banners, odd columns, endings. The values are those set aside for documentation. */
import { describe, expect, it } from 'vitest';
import { read, temporaryFolder } from './lists.ts';

const folder = temporaryFolder();

const frame = '################################################################\n';
const banner = (title: string) =>
  `${frame}# ${title.padEnd(60)} #\n# Last updated: 2026-08-10 05:11:52 UTC                        #\n#                                                              #\n${frame}#\n`;
const windows = (text: string) => text.replaceAll('\n', '\r\n');
const sha1 = '00112233445566778899aabbccddeeff00112233';
const sha256 = 'd'.repeat(64);
const base64 = (text: string) => Buffer.from(text).toString('base64');

interface Published {
  name: string;
  format: string;
  text: string;
  values: string[];
  refused?: number;
}

const lists: Published[] = [
  {
    name: 'ThreatFox, hosts file',
    format: 'hosts',
    text: windows(
      `${banner('ThreatFox IOCs: recent - HOSTS format')}127.0.0.1\tc1.example.org\n127.0.0.1\tc2.example.org\n# Number of entries: 2\n`,
    ),
    values: ['domain c1.example.org', 'domain c2.example.org'],
  },
  {
    name: 'ThreatFox, answer of its API without anything in it',
    format: 'json',
    text: '{"query_status":"no_result","data":[]}',
    values: [],
  },
  {
    name: 'URLhaus, answer of its API',
    format: 'json',
    text: '{"query_status":"ok","urls":[{"id":"3","urlhaus_reference":"https://urlhaus.example/url/3/","url":"http://198.51.100.9/x","url_status":"online","host":"198.51.100.9","threat":"malware_download"}]}',
    values: ['url http://198.51.100.9/x'],
  },
  {
    name: 'Feodo Tracker, recommended, with nothing in it',
    format: 'plain-list',
    text: windows(`${banner('Feodo Tracker Botnet C2 IP Blocklist (recommended)')}# DstIP\n# END (0 entries)\n`),
    values: [],
  },
  { name: 'Feodo Tracker, JSON with nothing in it', format: 'json', text: '[]\n', values: [] },
  {
    name: 'SSLBL, addresses',
    format: 'feodo-csv',
    text: windows(
      `${banner('SSLBL Botnet C2 IP Blacklist (CSV)')}# Firstseen,DstIP,DstPort\n2026-08-09 10:00:00,198.51.100.30,8848\n# END (1 entries)\n`,
    ),
    values: ['address_port 198.51.100.30:8848'],
  },
  {
    name: 'IPsum, with how many lists have each',
    format: 'plain-list',
    text: '# IPsum Threat Intelligence Feed\n#\n# IP\tnumber of (black)lists\n#\n198.51.100.1\t10\n198.51.100.2\t9\n',
    values: ['address 198.51.100.1', 'address 198.51.100.2'],
  },
  {
    name: 'names behind the addresses that they were seen at',
    format: 'plain-list',
    text: '198.51.100.1 a.example.com\n198.51.100.2 b.example.com\n198.51.100.3 c.example.com\n',
    values: ['address 198.51.100.1', 'address 198.51.100.2', 'address 198.51.100.3'],
  },
  {
    name: 'Spamhaus DROP',
    format: 'plain-list',
    text: '; Spamhaus DROP List 2026/08/10\n; Expires: Tue, 11 Aug 2026 02:00:00 GMT\n198.51.100.0/24 ; SBL256894\n2001:db8:1::/48 ; SBL1\n',
    values: ['cidr 198.51.100.0/24', 'cidr 2001:db8:1::/48'],
  },
  {
    name: 'Spamhaus DROP, JSON one a line',
    format: 'json',
    text: '{"cidr":"198.51.100.0/24","sblid":"SBL256894","rir":"apnic"}\n{"cidr":"203.0.113.0/25","sblid":"SBL1","rir":"arin"}\n{"type":"metadata","timestamp":1754800000,"size":2}\n',
    values: ['cidr 198.51.100.0/24', 'cidr 203.0.113.0/25'],
    refused: 1,
  },
  {
    name: 'a table that MISP exports',
    format: 'csv',
    text: [
      'uuid,event_id,category,type,value,comment,to_ids,date',
      '"a",9,"Network activity","domain|ip","p.example.com|198.51.100.2","",1,1754800000',
      '"b",9,"Network activity","hostname|port","h.example.com|443","",1,1754800000',
      '"c",9,"Network activity","ip-dst|port","198.51.100.3|443","",0,1754800000',
      `"d",9,"Payload delivery","filename|sha256","x.exe|${sha256}","",1,1754800000`,
      `"e",9,"Payload delivery","sha256","${sha256}","",1,1754800000`,
    ].join('\n'),
    values: ['address 198.51.100.2', 'address_port 198.51.100.3:443', 'domain h.example.com', 'domain p.example.com'],
    refused: 2,
  },
  {
    name: 'MISP, an event with objects alone',
    format: 'misp-event',
    text: '{"uuid":"u","info":"i","Orgc":{"name":"o"},"Object":[{"name":"domain-ip","Attribute":[{"type":"domain","value":"obj.example.com"}]}]}',
    values: ['domain obj.example.com'],
  },
  {
    name: 'MISP, a warning list without a type',
    format: 'misp-warninglist',
    text: '{"name":"w","version":1,"matching_attributes":["domain"],"list":["a.example.com"]}',
    values: ['allow =a.example.com'],
  },
  {
    name: 'STIX, indicators without a bundle',
    format: 'stix21-bundle',
    text: '[{"type":"indicator","id":"i","pattern":"[ipv4-addr:value = \'198.51.100.1\']","pattern_type":"stix"}]',
    values: ['address 198.51.100.1'],
  },
  {
    name: 'STIX 2.0, without a version or a language in its objects',
    format: 'stix21-bundle',
    text: '{"type":"bundle","spec_version":"2.0","objects":[{"type":"observed-data","objects":{"0":{"type":"ipv4-addr","value":"198.51.100.3"}}},{"type":"indicator","id":"i","labels":["ip-watchlist"],"pattern":"[ipv4-addr:value = \'198.51.100.1\']"}]}',
    values: ['address 198.51.100.1'],
  },
  ...['http.user_agent; content:"Own/1.0"; bsize:7;', 'ja3.hash; content:"0123456789abcdef0123456789abcdef";'].map((options) => ({
    name: `a rule alone, whose buffer has the name of a column: ${options}`,
    format: 'suricata-rules',
    text: `alert ip any any -> any any (msg:"x"; ${options} sid:1;)\n`,
    values: [options.startsWith('ja3') ? 'ja3 0123456789abcdef0123456789abcdef' : 'user_agent Own/1.0'],
  })),
  {
    name: 'rules of Snort 3',
    format: 'suricata-rules',
    text: 'alert http (msg:"x"; http_uri; content:"a.example.com"; sid:1;)\n',
    values: [],
    refused: 1,
  },
  {
    name: 'a Suricata dataset with a text that is no value',
    format: 'suricata-dataset-string',
    text: `${base64('a.example.com')}\n${base64('http://b.example.com/x')}\n${base64('Own UA')}\n`,
    values: ['domain a.example.com', 'url http://b.example.com/x'],
    refused: 1,
  },
  {
    name: 'hosts, with all that systems write into one',
    format: 'hosts',
    text: '127.0.0.1 localhost\n255.255.255.255 broadcasthost\nfe80::1%lo0 localhost\nff02::1 ip6-allnodes\n0.0.0.0 0.0.0.0\n0.0.0.0 a.example.com b.example.com\tc.example.com # x\n:: Tab.Example.COM.\n',
    values: ['domain a.example.com', 'domain b.example.com', 'domain c.example.com', 'domain tab.example.com'],
  },
  {
    name: 'a report with values between commas, in brackets and in links',
    format: 'defanged-text',
    text: [
      'Seen (at hxxps://a.example[.]com/post) and in [a link](hxxp://b.example[.]com/y).',
      'c1[.]example[.]com,c2[.]example[.]com;198.51.100[.]1',
      'hxxp://d.example[.]com/x,y,hxxp://e.example[.]com/',
      'hxxp://f.example[.]com/wiki/Foo_(bar) and **g[.]example[.]com**',
    ].join('\n'),
    values: [
      'address 198.51.100.1',
      'domain c1.example.com',
      'domain c2.example.com',
      'domain g.example.com',
      'url http://b.example.com/y',
      'url http://d.example.com/x,y',
      'url http://e.example.com/',
      'url http://f.example.com/wiki/Foo_(bar)',
      'url https://a.example.com/post',
    ],
  },
  {
    name: 'a column of hashes under a type says files',
    format: 'csv',
    text: `value,type\n${sha1},sha1\n${sha256},sha256\n`,
    values: [],
    refused: 2,
  },
];

describe('a list as it is published', () => {
  it.each(lists)('$name', async ({ format, text, values, refused = 0 }) => {
    const { report, values: found } = await read(folder, text);
    expect({ format: report.format, found, refused: report.refused }).toEqual({ format, found: values, refused });
  });

  it('keeps what the export of MISP says is not for detection apart', async () => {
    const { entries } = await read(folder, 'type,value,to_ids\nip-dst,198.51.100.1,0\nip-dst,198.51.100.2,1\n');
    expect(entries.map(({ provenances }) => provenances[0]!.isNotForDetection === true)).toEqual([true, false]);
  });
});

describe('what is a neighbour of a list', () => {
  it.each([
    [
      'a response policy zone',
      '$TTL 30\n@ SOA a.example.org. b.example.org. 1 2 3 4 5\n NS localhost.\nevil.example.com CNAME . ; x\n',
      /DNS zone/,
    ],
    ['dnsmasq', 'address=/evil.example.com/0.0.0.0\nserver=/b.example.com/\n', /resolver/],
    ['Unbound', 'server:\n  local-zone: "evil.example.com" always_nxdomain\n', /resolver/],
    ['BIND', 'zone "evil.example.com" { type master; file "null"; };\n', /resolver/],
    ['iptables', 'iptables -A INPUT -s 198.51.100.1 -j DROP\n', /firewall/],
    ['ipset', 'create x hash:ip family inet\nadd x 198.51.100.1\n', /firewall/],
    ['nginx', 'deny 198.51.100.1;\ndeny 198.51.100.0/24;\n', /firewall/],
    ['YARA', 'rule Evil {\nstrings:\n$a = "evil.example.com"\ncondition:\n$a }\n', /YARA/],
    ['a Mac of long ago', '198.51.100.1\r198.51.100.2\r', /line ends/],
    ['Zeek without its header', '198.51.100.1\tIntel::ADDR\tx\n', /#fields/],
    ['Zeek with spaces', '#fields indicator indicator_type\n198.51.100.1 Intel::ADDR\n', /tabs/],
  ])('%s is refused by its name', async (_, text, message) => {
    await expect(read(folder, text)).rejects.toThrow(message);
  });

  it.each([
    ['a table without a header', '198.51.100.1,seen,2026-08-01\nevil.example.com,seen,2026-08-01\n', 2],
    ['a log', 'ExitNode 0011BD2485AD45D984EC4159C88FC066E5E3300E\nExitAddress 198.51.100.1 2026-08-09\n', 2],
    ['prose without anything defanged', 'The actor used evil.example.com for a while.\nThen it went away, as they do.\n', 2],
  ])('%s is not read in half: every line is refused and counted', async (_, text, refused) => {
    const { report } = await read(folder, text);
    expect(report).toMatchObject({ kept: true, refused });
    expect(Object.values(report.counts).every((count) => count === 0)).toBe(true);
  });
});
