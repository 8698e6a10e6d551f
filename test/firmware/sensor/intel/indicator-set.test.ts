import { describe, expect, test } from 'vitest';
import { askAddress, compileEntries, type Entry, setOf } from './lists.ts';

describe('a domain', () => {
  const set = setOf('evil.example', '=host.exact.example', 'deep.under.example', 'xn--bcher-kva.example');

  test('meets itself and every name below it', () => {
    expect(set.domain('evil.example', 0)).toMatchObject({ type: 'domain', value: 'evil.example', confidence: 75, bundle: set.bundle });
    expect(set.domain('a.b.evil.example', 0)?.value).toBe('evil.example');
    expect(set.domain('deep.under.example', 0)?.value).toBe('deep.under.example');
  });

  test('does not meet a longer word, a parent or a sibling', () => {
    for (const name of ['notevil.example', 'under.example', 'example', 'x.under.example', 'evil.example.com', '', '.', '..evil']) {
      expect(set.domain(name, 0), name).toBeUndefined();
    }
  });

  test('with = meets only itself', () => {
    expect(set.domain('host.exact.example', 0)?.value).toBe('=host.exact.example');
    expect(set.domain('a.host.exact.example', 0)).toBeUndefined();
  });

  test('is asked for as punycode', () => {
    expect(setOf('bücher.example').domain('www.xn--bcher-kva.example', 0)?.value).toBe('xn--bcher-kva.example');
  });

  test('is known by its characters alone when there is anything to know, and hardly ever when there is not', () => {
    const mayHave = (name: string) => set.mayHaveDomain(Buffer.from(name), name.length);
    for (const name of ['evil.example', 'a.b.evil.example', 'host.exact.example', 'x.deep.under.example'])
      expect(mayHave(name), name).toBe(true);
    for (const name of ['notevil.example', 'a.host.exact.example', 'under.example', 'example', '.', '', 'www.other.test']) {
      expect(mayHave(name), name).toBe(false);
    }
    const longer = Buffer.from('evil.example and what was there before');
    expect(set.mayHaveDomain(longer, 'evil.example'.length)).toBe(true);
    expect(set.mayHaveDomain(longer, longer.length)).toBe(false);
  });

  test('is passed over when it is longer than any name', () => {
    expect(set.domain(`${'a.'.repeat(2000)}evil.example`, 0)).toBeUndefined();
  });
});

describe('the allow list', () => {
  const allow = (value: string): Entry => ({ value, allow: true });

  test('wins where it is more exact', () => {
    const set = setOf('example.com', allow('good.example.com'), 'bad.good.example.com', allow('=x.bad.good.example.com'));
    expect(set.domain('example.com', 0)?.value).toBe('example.com');
    expect(set.domain('good.example.com', 0)).toBeUndefined();
    expect(set.domain('www.good.example.com', 0)).toBeUndefined();
    expect(set.domain('www.bad.good.example.com', 0)?.value).toBe('bad.good.example.com');
    expect(set.domain('x.bad.good.example.com', 0)).toBeUndefined();
    expect(set.domain('y.x.bad.good.example.com', 0)?.value).toBe('bad.good.example.com');
  });

  test('wins at equal exactness, whichever came first', () => {
    for (const entries of [
      ['evil.example', allow('evil.example')],
      [allow('evil.example'), 'evil.example'],
    ]) {
      const set = setOf(...entries);
      expect(set.domain('evil.example', 0)).toBeUndefined();
      expect(set.counts.domain).toBe(0);
      expect(set.allowances).toBe(1);
    }
  });

  test('wins over fingerprints, certificates and user agents', () => {
    const ja3 = 'a'.repeat(32);
    const sha1 = 'b'.repeat(40);
    const set = setOf(ja3, allow(ja3), sha1, 'ua:bot/1', allow('ua:bot/1'));
    expect(set.fingerprint('ja3', ja3, 0)).toBeUndefined();
    expect(set.userAgent('bot/1', 0)).toBeUndefined();
    expect(set.fingerprint('cert-sha1', sha1, 0)).toMatchObject({ type: 'cert-sha1', value: sha1 });
  });

  test('of addresses follows the prefix length', () => {
    const set = setOf('198.51.100.0/24', allow('198.51.100.128/25'), '198.51.100.200', allow('198.51.100.7'), '198.51.100.7:443');
    expect(askAddress(set, '198.51.100.1')?.value).toBe('198.51.100.0/24');
    expect(askAddress(set, '198.51.100.129')).toBeUndefined();
    expect(askAddress(set, '198.51.100.200')).toMatchObject({ value: '198.51.100.200', exactness: 32 });
    expect(askAddress(set, '198.51.100.7', 80)).toBeUndefined();
    expect(askAddress(set, '198.51.100.7', 443)).toMatchObject({ type: 'address-port', value: '198.51.100.7:443' });
  });

  test('of a URL: a longer allowed path beats a shorter bad one', () => {
    const set = setOf('http://cdn.example/', allow('http://cdn.example/good/'), 'http://cdn.example/good/bad.exe');
    expect(set.url('cdn.example', '/x', 0)?.value).toBe('http://cdn.example/');
    expect(set.url('cdn.example', '/good/x', 0)).toBeUndefined();
    expect(set.url('cdn.example', '/good/bad.exe', 0)?.value).toBe('http://cdn.example/good/bad.exe');
    const targets = ['/x', '/good/x', '/good/bad.exe', '/good/./y/../x'];
    expect(targets.map((target) => set.isUrlAllowed('cdn.example', target, 0))).toEqual([false, true, false, true]);
    expect(set.isUrlAllowed('other.example', '/', 0)).toBe(false);
  });

  test('of a URL counts up to its end', () => {
    const set = setOf({ value: 'http://cdn.example/good', allow: true, validUntilMs: 1000 });
    expect([1000, 1001].map((nowMs) => set.isUrlAllowed('cdn.example', '/good', nowMs))).toEqual([true, false]);
  });
});

describe('an address', () => {
  const set = setOf(
    '192.0.2.1',
    '203.0.113.0/24',
    '203.0.113.64/26',
    '2001:db8::/32',
    '2001:db8:1::5',
    '[2001:db8::7]:443',
    '192.0.2.9:8080',
  );

  test.each([
    ['192.0.2.1', 0, '192.0.2.1'],
    ['192.0.2.0', 0, undefined],
    ['192.0.2.2', 0, undefined],
    ['203.0.113.0', 0, '203.0.113.0/24'],
    ['203.0.113.255', 0, '203.0.113.0/24'],
    ['203.0.114.0', 0, undefined],
    ['203.0.112.255', 0, undefined],
    ['203.0.113.65', 0, '203.0.113.64/26'],
    ['255.255.255.255', 0, undefined],
    ['0.0.0.0', 0, undefined],
    ['2001:db8:ffff::1', 0, '2001:db8::/32'],
    ['2001:db8:1::5', 0, '2001:db8:1::5'],
    ['2001:db9::', 0, undefined],
    ['::', 0, undefined],
    ['2001:db8::7', 443, '[2001:db8::7]:443'],
    ['2001:db8::7', 444, '2001:db8::/32'],
    ['192.0.2.9', 8080, '192.0.2.9:8080'],
    ['192.0.2.9', 8081, undefined],
    ['192.0.2.9', 0, undefined],
    ['192.0.2.1', 443, '192.0.2.1'],
  ])('%s, port %i: %s', (address, port, value) => expect(askAddress(set, address, port)?.value).toBe(value));
});

describe('a URL', () => {
  const set = setOf(
    'http://Host.Example/a/b',
    'https://q.example:8443/gate.php?id=1',
    'http://[2001:db8::5]/x',
    'http://root.example',
    'http://dir.example/d/',
    'http://mal.example/mal/gate',
    'http://mal.example/p?id=',
    'http://esc.example/%7euser/a%2fb',
  );

  test.each([
    ['host.example', '/a/b', 'http://host.example/a/b'],
    ['HOST.Example:80', '/a/b/c', 'http://host.example/a/b'],
    ['host.example.', '/a/b?x=1', 'http://host.example/a/b'],
    ['host.example:443', '/a/b', 'http://host.example/a/b'],
    ['host.example', '/a/bc', undefined],
    ['host.example', '/a', undefined],
    ['host.example', '/A/b', undefined],
    ['host.example:81', '/a/b', undefined],
    ['x.host.example', '/a/b', undefined],
    ['q.example:8443', '/gate.php?id=1', 'http://q.example:8443/gate.php?id=1'],
    ['q.example.:8443', '/gate.php?id=1', 'http://q.example:8443/gate.php?id=1'],
    ['q.example:8443', '/gate.php?id=1&n=2', 'http://q.example:8443/gate.php?id=1'],
    ['q.example:8443', '/gate.php?id=12', undefined],
    ['mal.example', '/mal/gate.php', 'http://mal.example/mal/gate'],
    ['mal.example', '/mal/gate?x', 'http://mal.example/mal/gate'],
    ['mal.example', '/mal/gate;jsessionid=1', 'http://mal.example/mal/gate'],
    ['mal.example', '/mal/gateway', undefined],
    ['mal.example', '/malware', undefined],
    ['mal.example', '/p?id=77', 'http://mal.example/p?id='],
    ['esc.example', '/%7Euser/a%2fb', 'http://esc.example/~user/a%2Fb'],
    ['esc.example', '/~user/./x/../a%2Fb/c', 'http://esc.example/~user/a%2Fb'],
    ['esc.example', '/x/%2e%2e/~user/a%2Fb?q', 'http://esc.example/~user/a%2Fb'],
    ['esc.example', '/~user/a/b', undefined],
    ['q.example:8443', '/gate.php', undefined],
    ['[2001:DB8:0::5]', '/x', 'http://[2001:db8::5]/x'],
    ['[2001:DB8:0::5]:80', '/x/y', 'http://[2001:db8::5]/x'],
    ['root.example', '/', 'http://root.example/'],
    ['root.example', '', 'http://root.example/'],
    ['root.example', '/any/thing', 'http://root.example/'],
    ['dir.example', '/d/', 'http://dir.example/d/'],
    ['dir.example', '/d/e', 'http://dir.example/d/'],
    ['dir.example', '/d', undefined],
    ['', '/', undefined],
    ['[', '/', undefined],
    [':', '/', undefined],
  ])('%s%s: %s', (host, target, value) => expect(set.url(host, target, 0)?.value).toBe(value));

  test('is not met by a host that is only known as a domain', () => {
    expect(setOf('evil.example').url('evil.example', '/', 0)).toBeUndefined();
  });
});

describe('expiry', () => {
  const day = 86_400_000;

  test('an indicator counts up to its last moment, and not after', () => {
    const set = setOf({ value: 'evil.example', validUntilMs: 10 * day });
    expect(set.domain('evil.example', 10 * day)?.validUntilMs).toBe(10 * day);
    expect(set.domain('evil.example', 10 * day + 1)).toBeUndefined();
  });

  test('when the more exact entry has ended, the next one counts', () => {
    const set = setOf(
      'evil.example',
      { value: 'a.evil.example', validUntilMs: day },
      '198.51.100.0/24',
      { value: '198.51.100.1', validUntilMs: day },
      { value: '198.51.100.1:443', validUntilMs: day },
      'http://h.example/a',
      { value: 'http://h.example/a/b', validUntilMs: day },
    );
    expect(set.domain('a.evil.example', 0)?.value).toBe('a.evil.example');
    expect(set.domain('a.evil.example', 2 * day)?.value).toBe('evil.example');
    expect(askAddress(set, '198.51.100.1', 443, 2 * day)?.value).toBe('198.51.100.0/24');
    expect(set.url('h.example', '/a/b', 2 * day)?.value).toBe('http://h.example/a');
  });

  test('an indicator comes back when the allowance over it has ended', () => {
    for (const order of [0, 1]) {
      const entries: Entry[] = [
        { value: 'evil.example', family: 'Emotet' },
        { value: 'evil.example', allow: true, validUntilMs: day },
      ];
      const set = setOf(...(order === 0 ? entries : entries.reverse()));
      expect(set.domain('evil.example', 0)).toBeUndefined();
      expect(set.domain('evil.example', 2 * day)?.family).toBe('Emotet');
    }
  });
});

describe('provenance', () => {
  test('comes back as it was given', () => {
    const provenance = {
      family: 'Cobalt Strike',
      source: 'trung tâm',
      confidence: 90,
      tlp: 'amber+strict' as const,
      firstSeenMs: 1_700_000_000_000,
      validUntilMs: 4_000_000_000_000,
      reference: 'https://example.org/báo-cáo',
    };
    const set = setOf({ value: '192.0.2.1', ...provenance });
    expect(askAddress(set, '192.0.2.1')).toEqual({ type: 'address', value: '192.0.2.1', exactness: 32, bundle: set.bundle, ...provenance });
  });

  test('absent stays absent', () => {
    expect(setOf('evil.example').domain('evil.example', 0)).toEqual({
      type: 'domain',
      value: 'evil.example',
      exactness: 4,
      bundle: expect.stringMatching(/^[0-9a-f]{16}$/),
      confidence: 75,
    });
  });

  test('of a value in two lists is the whole of the stronger one: the more confident, then the one with the later end', () => {
    const sure: Entry = { value: 'evil.example', source: 'list', confidence: 90, tlp: 'green' };
    const rich: Entry = { value: 'evil.example', family: 'Emotet', confidence: 50, tlp: 'red', firstSeenMs: 5000 };
    const ending: Entry = { value: 'evil.example', source: 'ending', confidence: 90, tlp: 'red', validUntilMs: 9000 };
    for (const set of [setOf(sure, rich, ending), setOf(ending, rich, sure), setOf(rich, ending, sure)]) {
      const match = { type: 'domain', value: 'evil.example', exactness: 4, bundle: set.bundle };
      expect(set.domain('evil.example', 99_000)).toEqual({ ...match, source: 'list', confidence: 90, tlp: 'green' });
      expect(set.counts.domain).toBe(1);
    }
  });

  test('of a stronger entry that has ended gives way to the strongest that still counts, and comes with nothing of the other', () => {
    const entry = (confidence: number, validUntilMs?: number): Entry => ({
      value: '192.0.2.1',
      confidence,
      source: `s${confidence}`,
      ...(validUntilMs === undefined ? {} : { validUntilMs }),
    });
    const entries = [entry(90, 10_000), entry(80, 5000), entry(70, 20_000), entry(60), entry(50, 90_000)];
    for (const order of [entries, entries.toReversed(), [2, 4, 0, 3, 1].map((index) => entries[index]!)]) {
      const set = setOf(...order);
      const sources = [0, 10_001, 20_001, 99_000].map((nowMs) => askAddress(set, '192.0.2.1', 0, nowMs)?.source);
      expect(sources).toEqual(['s90', 's70', 's60', 's60']);
      expect(compileEntries(order)).toEqual(compileEntries(entries));
    }
  });

  test('of an allowance with an end keeps beneath it the indicators that are valid for longer', () => {
    const entries: Entry[] = [
      { value: 'evil.example', source: 'short', confidence: 90, validUntilMs: 20_000 },
      { value: 'evil.example', source: 'long', confidence: 10 },
      { value: 'evil.example', allow: true, confidence: 1, validUntilMs: 10_000 },
    ];
    for (const order of [entries, entries.toReversed()]) {
      const set = setOf(...order);
      expect([5000, 15_000, 30_000].map((nowMs) => set.domain('evil.example', nowMs)?.source)).toEqual([undefined, 'short', 'long']);
    }
  });
});

test('an empty set knows nothing and answers every question', () => {
  const set = setOf();
  expect(set.allowances).toBe(0);
  expect(Object.values(set.counts).every((count) => count === 0)).toBe(true);
  expect(askAddress(set, '192.0.2.1', 443)).toBeUndefined();
  expect(askAddress(set, '2001:db8::1', 443)).toBeUndefined();
  expect(set.domain('evil.example', 0)).toBeUndefined();
  expect(set.url('evil.example', '/', 0)).toBeUndefined();
  expect(set.isUrlAllowed('evil.example', '/', 0)).toBe(false);
  expect(set.fingerprint('ja4', 't13d1516h2_8daaf6152771_e5627efa2ab1', 0)).toBeUndefined();
  expect(set.userAgent('curl/8', 0)).toBeUndefined();
});

test('counts by type, without repeats', () => {
  const set = setOf(
    '192.0.2.1',
    '192.0.2.1',
    '192.0.2.0/24',
    '2001:db8::/32',
    'evil.example',
    'EVIL.example',
    '=evil.example',
    '192.0.2.1:1',
  );
  expect(set.counts).toMatchObject({ address: 3, 'address-port': 1, domain: 2, url: 0 });
});
