/** STIX patterns and Suricata rules: which are one plain value, and which ask for more than that. */
import { describe, expect, it } from 'vitest';
import { read, temporaryFolder } from './lists.ts';

const folder = temporaryFolder();

const bundle = (...objects: object[]) => JSON.stringify({ type: 'bundle', id: 'bundle--1', objects });
const indicator = (pattern: string, more: object = {}) => ({
  type: 'indicator',
  id: `indicator--${pattern.length}-${Buffer.from(pattern).toString('hex').slice(0, 200)}`,
  pattern,
  pattern_type: 'stix',
  valid_from: '2026-08-01T00:00:00Z',
  ...more,
});

describe('STIX', () => {
  it.each([
    ["[domain-name:value = 'A.example.com']", ['domain a.example.com']],
    ["[ipv4-addr:value IN ('192.0.2.1','192.0.2.2')]", ['address 192.0.2.1', 'address 192.0.2.2']],
    [
      "[url:value='http://a.example.com/x\\'y'] OR ([ipv6-addr:value = '2001:db8::1'])",
      ['address 2001:db8::1', "url http://a.example.com/x'y"],
    ],
    ["[ipv4-addr:value ISSUBSET '198.51.100.9/24']", ['cidr 198.51.100.0/24']],
    [
      "[network-traffic:dst_ref.type = 'ipv4-addr' AND network-traffic:dst_ref.value = '192.0.2.3' AND network-traffic:dst_port = 8443]",
      ['address_port 192.0.2.3:8443'],
    ],
    ["[(file:name = 'x.exe' OR domain-name:value = 'd.example.com')]", ['domain d.example.com']],
    ["[domain-name:value = 'not a name' OR ipv4-addr:value = '192.0.2.4']", ['address 192.0.2.4']],
    [
      "[x509-certificate:hashes.'SHA-1' = '00112233445566778899AABBCCDDEEFF00112233']",
      ['cert_sha1 00112233445566778899aabbccddeeff00112233'],
    ],
    ["[network-traffic:extensions.'http-request-ext'.request_header.'User-Agent' = 'A (it\\'s)']", ["user_agent A (it's)"]],
  ])('reads %s', async (pattern, values) => {
    expect((await read(folder, bundle(indicator(pattern)))).values).toEqual(values);
  });

  it.each([
    ["[domain-name:value LIKE '%.example.com']", 'pattern-operator'],
    ["[domain-name:value = 'a.example.com' OR url:value MATCHES 'x']", 'pattern-operator'],
    ["[domain-name:value NOT = 'a.example.com']", 'pattern-operator'],
    ["[domain-name:value != 'a.example.com']", 'pattern-operator'],
    ["[domain-name:value = 'a.example.com' AND url:value = 'http://a.example.com/']", 'pattern-and'],
    ["[domain-name:value = 'a.example.com'] AND [ipv4-addr:value = '192.0.2.1']", 'pattern-and'],
    ["[domain-name:value = 'a.example.com'] FOLLOWEDBY [ipv4-addr:value = '192.0.2.1']", 'pattern-time'],
    ["[domain-name:value = 'a.example.com'] REPEATS 5 TIMES WITHIN 60 SECONDS", 'pattern-time'],
    ["[ipv4-addr:value = '192.0.2.1'] START t'2026-01-01T00:00:00Z' STOP t'2026-02-01T00:00:00Z'", 'pattern-time'],
    ["[domain-name:value = 'open]", 'pattern-broken'],
    [`${'('.repeat(5000)}[domain-name:value = 'a.example.com']`, 'pattern-broken'],
    ["[domain-name:resolves_to_refs[*].value = '192.0.2.1']", 'pattern-no-value'],
    ["[email-addr:value = 'a@example.com']", 'email'],
    ["[file:hashes.'SHA-256' = 'ee']", 'file-hash'],
  ])('refuses the whole of %s', async (pattern, reason) => {
    const { report, values } = await read(folder, bundle(indicator(pattern)));
    expect({ values, reasons: report.refusedByReason }).toEqual({ values: [], reasons: { [reason]: 1 } });
  });

  it('knows family, marking, end and revocation, and the last version of an indicator', async () => {
    const pattern = "[domain-name:value = 'a.example.com']";
    const id = 'indicator--1';
    const objects = [
      indicator("[domain-name:value = 'old.example.com']", { id, modified: '2026-01-01T00:00:00Z' }),
      indicator(pattern, {
        id,
        modified: '2026-02-01T00:00:00Z',
        confidence: 55,
        revoked: true,
        valid_until: '2026-09-01T00:00:00Z',
        object_marking_refs: ['marking-definition--f88d31f6-486f-44da-b317-01333bde0b82'],
      }),
      { type: 'malware', id: 'malware--1', name: 'Glupteba' },
      { type: 'relationship', id: 'r', relationship_type: 'indicates', source_ref: id, target_ref: 'malware--1' },
    ];
    const { entries } = await read(folder, bundle(...objects));
    expect(entries).toMatchObject([
      {
        value: 'a.example.com',
        provenances: [
          { family: 'Glupteba', confidence: 55, tlp: 'amber', isRevoked: true, validUntilMs: Date.UTC(2026, 8, 1), reference: id },
        ],
      },
    ]);
  });

  it('refuses an indicator whose end cannot be read: it must not count for ever', async () => {
    const { report } = await read(folder, bundle(indicator("[domain-name:value = 'a.example.com']", { valid_until: 'soon' })));
    expect(report.refusedByReason).toEqual({ 'bad-end': 1 });
  });
});

const dns = 'alert dns any any -> any any (msg:"x"; dns.query;';

describe('Suricata rules', () => {
  it.each([
    [`${dns} content:"exact.example.com"; nocase; bsize:17; sid:1;)`, ['domain exact.example.com']],
    [`${dns} dotprefix; content:".Suffix.example.com"; endswith; sid:1;)`, ['domain suffix.example.com']],
    ['alert dns any any -> any any (msg:"a\\;b; c"; dns_query; content:"old|2e|example|2E|com"; sid:1;)', ['domain old.example.com']],
    ['alert http any any -> any any (content:"host.example.com"; http_host; sid:1;)', ['domain host.example.com']],
    [
      'alert http any any -> any any (http.user_agent; content:"A|2f|1.0 (a|3b|b)"; startswith; endswith; sid:1;)',
      ['user_agent A/1.0 (a;b)'],
    ],
    [
      'alert tls any any -> any any (tls.fingerprint:"00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33"; sid:1;)',
      ['cert_sha1 00112233445566778899aabbccddeeff00112233'],
    ],
    ['drop tcp $HOME_NET any -> [192.0.2.40] 8080 (msg:"x"; sid:1;)', ['address_port 192.0.2.40:8080']],
    [
      'alert ip [!192.0.2.43,[2001:db8::43, ![192.0.2.1,192.0.2.2]], 198.51.100.0/24] any -> $HOME_NET any (sid:1;)',
      ['address 2001:db8::43', 'cidr 198.51.100.0/24'],
    ],
    ['alert tcp 192.0.2.9 [80,443] -> any any \\\n (msg:"x"; \\\n sid:1;)', ['address 192.0.2.9']],
  ])('reads %s', async (rule, values) => {
    expect((await read(folder, `${rule}\n`)).values).toEqual(values);
  });

  it.each([
    [`${dns} content:"a.example.com"; content:"b"; sid:1;)`, 'rule-condition'],
    [`${dns} content:!"a.example.com"; sid:1;)`, 'rule-condition'],
    [`${dns} content:"a.example.com"; pcre:"/a/"; sid:1;)`, 'rule-condition'],
    [`${dns} dataset:isset,x,type string; sid:1;)`, 'rule-condition'],
    [`${dns} content:"bare"; sid:1;)`, 'not-a-domain'],
    ['alert tls any any -> any any (ja3s.hash; content:"fedcba9876543210fedcba9876543210"; sid:1;)', 'rule-buffer'],
    ['alert dns any any -> any any (dns.query; http.uri; content:"a.example.com"; sid:1;)', 'rule-buffer'],
    ['alert http any any -> any any (http.user_agent; content:"part"; sid:1;)', 'rule-part'],
    ['pass tls any any -> any any (tls.sni; content:"a.example.com"; sid:1;)', 'rule-pass'],
    ['alert tcp any any -> $HOME_NET any (msg:"x"; sid:1;)', 'rule-no-value'],
    ['alert tcp any any -> any any (msg:"open; sid:1;)', 'not-a-rule'],
  ])('refuses %s', async (rule, reason) => {
    const { report, values } = await read(folder, `${rule}\n`, { as: 'suricata-rules' });
    expect({ values, reasons: report.refusedByReason }).toEqual({ values: [], reasons: { [reason]: 1 } });
  });

  it('does not take a commented rule for one', async () => {
    expect((await read(folder, `#${dns} content:"off.example.com"; sid:1;)\n${dns} content:"on.example.com"; sid:2;)\n`)).values).toEqual([
      'domain on.example.com',
    ]);
  });
});
