import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { alertSchema } from '../../../../firmware/contract/alert.ts';
import { Random } from '../../../fuzz/random.ts';
import { type Entry, setOf } from '../intel/lists.ts';
import { answered, helloRecord, ok, query, quicHello, request, serverFlight } from '../observe/messages.ts';
import { Sensor, startMicros } from '../observe/sensor.ts';
import { datagram, ethernet, flag, icmp, ip, protocol, TcpTalk, tcp, text } from '../observe/traffic.ts';

const bad = '203.0.113.66';
/** As in the box: nobody listens to observations. */
const watching = (...entries: (Entry | string)[]) => new Sensor(setOf(...entries), {}, false);
const outcome = (sensor: Sensor) =>
  sensor.finish().lastAlerts.map(({ kind, stage, match, count }) => ({ kind, stage, value: match?.value, count }));
const quietly = (frames: readonly Buffer[], ...entries: (Entry | string)[]) => outcome(watching(...entries).send(...frames));

/** A whole visit to a web server. */
function web(target = '/', host = 'www.example', ends = {}, userAgent = 'test/1.0'): Buffer[] {
  const talk = new TcpTalk({ sport: 80, ...ends });
  return [...talk.handshake(), talk.says(request(host, target, userAgent)), talk.answers(ok), ...talk.close()];
}

function secure(name: string, ends = {}): Buffer[] {
  const talk = new TcpTalk(ends);
  return [...talk.handshake(), talk.says(helloRecord(name)), talk.answers(serverFlight(name).bytes), ...talk.close()];
}

const fingerprints = () => {
  const sensor = new Sensor().send(...secure('www.example'));
  const client = sensor.of('tls').find(({ role }) => role === 'client');
  return { ja3: String(client?.ja3), ja4: String(client?.ja4) };
};

describe('a contact with a known-bad', () => {
  it('name is found when it is asked of DNS', () => {
    expect(quietly([query('evil.example')], 'evil.example')).toEqual([
      { kind: 'c2.domain', stage: 'attempt', value: 'evil.example', count: 1 },
    ]);
    expect(quietly([query('a.b.EVIL.example')], 'evil.example')).toMatchObject([{ kind: 'c2.domain', stage: 'attempt' }]);
  });

  it('name is found when only the answer was seen', () => {
    expect(quietly([answered('evil.example', ['198.51.100.7'])], 'evil.example')).toMatchObject([{ kind: 'c2.domain', stage: 'attempt' }]);
  });

  it('name is found as an alias (CNAME) in an answer for a harmless one', () => {
    const frames = [query('cdn.good.example'), answered('cdn.good.example', ['198.51.100.7'], 'x.evil.example')];
    expect(quietly(frames, 'evil.example')).toMatchObject([{ kind: 'c2.domain', stage: 'attempt', value: 'evil.example' }]);
  });

  it('name is found as an alias (CNAME) without an address', () => {
    const frames = [query('cdn.good.example'), answered('cdn.good.example', [], 'x.evil.example')];
    expect(quietly(frames, 'evil.example')).toMatchObject([{ kind: 'c2.domain', stage: 'attempt', value: 'evil.example' }]);
  });

  it('address is found in a DNS answer, IPv4 and IPv6, and in a network of the list', () => {
    for (const [address, indicator] of [
      [bad, bad],
      [bad, '203.0.113.64/29'],
      ['2001:db8:bad::7', '2001:db8:bad::/48'],
    ] as const) {
      const sensor = watching(indicator).send(
        query('www.good.example'),
        answered('www.good.example', ['198.51.100.1', '198.51.100.2'].slice(address.includes(':') ? 2 : 0).concat(address)),
      );
      expect(outcome(sensor)).toMatchObject([{ kind: 'c2.address', stage: 'attempt', value: indicator }]);
      expect(sensor.lastAlerts[0]).toMatchObject({ host: { ip: '10.0.0.5' }, remote: { ip: address, name: 'www.good.example' } });
    }
  });

  it('address is found as the end of a connection, whatever the protocol', () => {
    const udpFrame = datagram({ client: '10.0.0.5', server: bad, cport: 5000, sport: 6000 }, true, text('x'));
    const ping = ethernet(ip('10.0.0.5', bad, protocol.icmp, icmp(8, 0)));
    const gre = ethernet(ip('10.0.0.5', bad, protocol.gre, Buffer.alloc(8)));
    for (const frame of [new TcpTalk({ server: bad }).syn(), udpFrame, ping, gre])
      expect(quietly([frame], bad)).toEqual([{ kind: 'c2.address', stage: 'attempt', value: bad, count: 1 }]);
    const six = new TcpTalk({ client: 'fd00::5', server: '2001:db8:bad::7' });
    expect(quietly([six.syn()], '2001:db8:bad::7')).toMatchObject([{ kind: 'c2.address' }]);
  });

  it('address with port is found on that port only', () => {
    expect(quietly([new TcpTalk({ server: bad, sport: 8443 }).syn()], `${bad}:8443`)).toMatchObject([
      { kind: 'c2.address', value: `${bad}:8443` },
    ]);
    expect(quietly([new TcpTalk({ server: bad, sport: 443 }).syn()], `${bad}:8443`)).toEqual([]);
  });

  it('address is found inside a tunnel', () => {
    const inner = ip('10.0.0.5', bad, protocol.tcp, tcp(40_000, 443, flag.syn));
    expect(quietly([ethernet(ip('198.51.100.1', '198.51.100.2', 4, inner))], bad)).toMatchObject([{ kind: 'c2.address' }]);
  });

  it('name grows by the connection to the address that it resolved to, though no name is seen there', () => {
    const frames = [query('evil.example'), answered('evil.example', ['198.51.100.7'])];
    const talk = new TcpTalk({ server: '198.51.100.7', sport: 4444 });
    const sensor = watching('evil.example').send(
      ...frames,
      talk.syn(),
      talk.synAck(),
      talk.ack(),
      talk.says(text('x')),
      talk.answers(text('y')),
    );
    expect(sensor.alerts.map(({ stage, rev }) => [stage, rev])).toEqual([
      ['attempt', 1],
      ['contact', 2],
      ['exchange', 3],
    ]);
    expect(sensor.alerts.at(-1)).toMatchObject({ remote: { ip: '198.51.100.7', port: 4444, name: 'evil.example' }, net: { proto: 'tcp' } });
  });

  it('name is not laid to another machine that connects to that address', () => {
    const frames = [
      query('evil.example'),
      answered('evil.example', ['198.51.100.7']),
      new TcpTalk({ client: '10.0.0.6', server: '198.51.100.7' }).syn(),
    ];
    expect(quietly(frames, 'evil.example')).toMatchObject([{ stage: 'attempt', count: 1 }]);
  });

  it('name is found in the ClientHello', () => {
    const sensor = watching('evil.example').send(...secure('c2.evil.example'));
    expect(outcome(sensor)).toMatchObject([{ kind: 'c2.domain', stage: 'exchange', value: 'evil.example' }]);
    expect(sensor.lastAlerts[0]).toMatchObject({ net: { app: 'tls' }, remote: { ip: '203.0.113.9', port: 443, name: 'c2.evil.example' } });
  });

  it('name is found in the ClientHello of QUIC', () => {
    const ends = { client: '10.0.0.5', server: '203.0.113.9', cport: 50_000, sport: 443 };
    const sensor = watching('evil.example').send(...quicHello('c2.evil.example').map((each) => datagram(ends, true, each)));
    expect(sensor.alerts).toMatchObject([{ kind: 'c2.domain', stage: 'attempt', match: { value: 'evil.example' } }]);
    expect(sensor.send(datagram(ends, false, Buffer.alloc(1200, 1))).finish().lastAlerts[0]).toMatchObject({
      stage: 'exchange',
      net: { app: 'quic' },
    });
  });

  it('name is found in the Host header, with a port, upper case and final dot too', () => {
    for (const host of ['evil.example', 'EVIL.example:8080', 'evil.example.'])
      expect(quietly(web('/', host), 'evil.example')).toMatchObject([{ kind: 'c2.domain', stage: 'exchange' }]);
  });

  it('name is found in the target of a request to a proxy: absolute, and CONNECT, whatever the Host header says', () => {
    expect(quietly(web('http://evil.example/x', 'evil.example'), 'evil.example')).toMatchObject([{ kind: 'c2.domain' }]);
    expect(quietly(web('http://evil.example/x', 'www.good.example'), 'evil.example')).toMatchObject([{ kind: 'c2.domain' }]);
    const talk = new TcpTalk({ sport: 3128 });
    const connect = [...talk.handshake(), talk.says(text('CONNECT evil.example:443 HTTP/1.0\r\n\r\n'))];
    expect(quietly(connect, 'evil.example')).toMatchObject([{ kind: 'c2.domain' }]);
  });

  it('address is found in the Host header of a request to a proxy', () => {
    expect(quietly(web(`http://${bad}/x`, bad), `http://${bad}/x`)).toMatchObject([{ kind: 'c2.url' }]);
    expect(quietly(web(`http://${bad}/x`, bad), bad)).toMatchObject([{ kind: 'c2.address' }]);
  });

  it('URL is found by host and path prefix, and by the longer entry before the shorter and before the domain', () => {
    const list = ['evil.example', 'http://evil.example/a', 'http://evil.example/a/b'];
    expect(quietly(web('/a/b/c?x=1', 'evil.example'), ...list)).toMatchObject([{ kind: 'c2.url', value: 'http://evil.example/a/b' }]);
    expect(quietly(web('/a/c', 'evil.example'), ...list)).toMatchObject([{ kind: 'c2.url', value: 'http://evil.example/a' }]);
    expect(quietly(web('/z', 'evil.example'), ...list)).toMatchObject([{ kind: 'c2.domain' }]);
    expect(quietly(web('http://evil.example/a/b', 'evil.example'), ...list)).toMatchObject([
      { kind: 'c2.url', value: 'http://evil.example/a/b' },
    ]);
  });

  it('fingerprint is found: JA3 and JA4', () => {
    const { ja3, ja4 } = fingerprints();
    expect(quietly(secure('www.good.example'), ja3)).toMatchObject([{ kind: 'c2.tls', stage: 'exchange', value: ja3 }]);
    expect(quietly(secure('www.good.example'), ja4)).toMatchObject([{ kind: 'c2.tls', stage: 'exchange', value: ja4 }]);
  });

  it('certificate is found: SHA-1 and SHA-256, once for both', () => {
    const { leaf } = serverFlight('www.good.example');
    const sha1 = createHash('sha1').update(leaf).digest('hex');
    const sha256 = createHash('sha256').update(leaf).digest('hex');
    expect(quietly(secure('www.good.example'), sha1)).toMatchObject([{ kind: 'c2.certificate', stage: 'exchange', value: sha1 }]);
    expect(quietly(secure('www.good.example'), sha256)).toMatchObject([{ kind: 'c2.certificate', stage: 'exchange', value: sha256 }]);
    expect(quietly(secure('www.good.example'), sha1, sha256)).toHaveLength(1);
  });

  it('user agent is found, exactly as written', () => {
    expect(quietly(web('/', 'www.example', {}, 'EvilBot/2.0'), 'ua:EvilBot/2.0')).toMatchObject([
      { kind: 'c2.user-agent', stage: 'exchange' },
    ]);
    expect(quietly(web('/', 'www.example', {}, 'EvilBot/2.01'), 'ua:EvilBot/2.0')).toEqual([]);
  });

  it('is found in the middle of a conversation, as a contact of ours', () => {
    const talk = new TcpTalk({ server: bad, sport: 1337 });
    expect(quietly([talk.answers(text('x')), talk.says(text('y'))], bad)).toEqual([
      { kind: 'c2.address', stage: 'exchange', value: bad, count: 1 },
    ]);
  });
});

describe('what is no contact', () => {
  it.each([
    ['a sibling', 'good.example', ['x.evil.example']],
    ['a name that ends alike', 'notevil.example', ['evil.example']],
    ['the parent', 'example', ['evil.example']],
    ['a name with the bad one in front', 'evil.example.good.test', ['evil.example']],
    ['a name below one that is listed exactly', 'www.evil.example', ['=evil.example']],
  ])('%s (%s, listed %j)', (_name, asked, listed) => {
    const frames = [
      query(asked),
      answered(asked, ['198.51.100.7']),
      ...secure(asked, { server: '198.51.100.7' }),
      ...web('/', asked, { server: '198.51.100.7' }),
    ];
    expect(quietly(frames, ...listed)).toEqual([]);
  });

  it.each([
    ['the address beside', new TcpTalk({ server: '203.0.113.67' }).syn(), bad],
    ['an address beyond the network', new TcpTalk({ server: '203.0.113.72' }).syn(), '203.0.113.64/29'],
    ['the port beside', new TcpTalk({ server: bad, sport: 444 }).syn(), `${bad}:443`],
    ['the port as the client has it', new TcpTalk({ server: bad, cport: 4444 }).syn(), `${bad}:4444`],
    ['an IPv6 address with the same last word', new TcpTalk({ client: 'fd00::5', server: '2001:db8::cb00:7142' }).syn(), bad],
  ])('%s', (_name, frame, listed) => {
    expect(quietly([frame], listed)).toEqual([]);
  });

  it('a path that only begins with the same letters, or lies on another host', () => {
    expect(quietly(web('/gateway', 'www.example'), 'http://www.example/gate')).toEqual([]);
    expect(quietly(web('/gate', 'www2.example'), 'http://www.example/gate')).toEqual([]);
  });

  it('traffic between others in whose payload the bad name stands', () => {
    const frames = web('/?q=evil.example', 'www.example');
    expect(quietly(frames, 'evil.example')).toEqual([]);
  });

  it('what the allow list names more exactly', () => {
    const allow = (value: string) => ({ value, allow: true });
    expect(quietly([query('good.evil.example')], 'evil.example', allow('good.evil.example'))).toEqual([]);
    expect(quietly([query('bad.evil.example')], 'evil.example', allow('good.evil.example'))).toHaveLength(1);
    expect(quietly([query('x.good.example')], 'x.good.example', allow('good.example'))).toHaveLength(1);
    expect(quietly([new TcpTalk({ server: bad }).syn()], '203.0.113.0/24', allow(bad))).toEqual([]);
    expect(quietly([new TcpTalk({ server: bad }).syn()], bad, allow('203.0.113.0/24'))).toHaveLength(1);
  });

  it('an indicator past its time, by the time of the frames and not by the clock of the machine', () => {
    const frames = [new TcpTalk({ server: bad }).syn()];
    expect(quietly(frames, { value: bad, validUntilMs: startMicros / 1000 - 1000 })).toEqual([]);
    expect(quietly(frames, { value: bad, validUntilMs: startMicros / 1000 + 60_000 })).toHaveLength(1);
    const sensor = watching({ value: bad, validUntilMs: startMicros / 1000 + 60_000 })
      .wait(120)
      .send(...frames);
    expect(outcome(sensor)).toEqual([]);
  });
});

describe('an alert', () => {
  it('grows on the same id from attempt to contact to exchange, with rising rev and severity', () => {
    const talk = new TcpTalk({ server: bad });
    const sensor = watching({ value: bad, confidence: 90 });
    sensor.send(...talk.handshake(), talk.says(text('x')), talk.answers(text('y')), ...talk.close()).finish();
    expect(sensor.alerts.slice(0, 3).map(({ stage, rev, severity }) => [stage, rev, severity])).toEqual([
      ['attempt', 1, 2],
      ['contact', 2, 3],
      ['exchange', 3, 4],
    ]);
    expect(new Set(sensor.alerts.map(({ id }) => id)).size).toBe(1);
    expect(sensor.lastAlerts[0]?.net).toMatchObject({ bytesOut: 40 * 5 + 1, bytesIn: 40 * 3 + 1 });
  });

  it('does not shrink with the next contact that gets no answer', () => {
    const talk = new TcpTalk({ server: bad });
    const sensor = watching(bad).send(...talk.handshake(), talk.says(text('x')), talk.answers(text('y')), ...talk.close());
    sensor.send(new TcpTalk({ server: bad, cport: 40_001 }).syn()).finish();
    expect(sensor.lastAlerts).toMatchObject([{ stage: 'exchange', count: 2, severity: 4 }]);
  });

  it('stays at an attempt when the server refuses', () => {
    const talk = new TcpTalk({ server: bad });
    expect(quietly([talk.syn(), talk.reset(false)], bad)).toMatchObject([{ stage: 'attempt' }]);
  });

  it('is less severe when the list is less sure', () => {
    const severity = (confidence: number) =>
      watching({ value: bad, confidence }).send(new TcpTalk({ server: bad }).syn()).alerts[0]?.severity;
    expect([severity(90), severity(49), severity(10)]).toEqual([2, 1, 1]);
  });

  it('of a ping that the bad host answers is one contact of ours, and no knock of theirs', () => {
    const frames = [ethernet(ip('10.0.0.5', bad, protocol.icmp, icmp(8, 0))), ethernet(ip(bad, '10.0.0.5', protocol.icmp, icmp(0, 0)))];
    const sensor = watching(bad).send(...frames);
    expect(outcome(sensor)).toMatchObject([{ kind: 'c2.address', count: 1 }]);
    expect(sensor.lastAlerts[0]?.dedupKey).not.toContain('inbound');
  });

  it('of a datagram that the bad host refuses by ICMP is an attempt of ours, and no knock of theirs', () => {
    const ends = { client: '10.0.0.5', server: bad, cport: 5000, sport: 6000 };
    const refusal = ethernet(ip(bad, '10.0.0.5', protocol.icmp, icmp(3, 3, ip('10.0.0.5', bad, protocol.udp, Buffer.alloc(8)))));
    expect(quietly([datagram(ends, true, text('x')), refusal], bad)).toMatchObject([{ stage: 'attempt', count: 1 }]);
  });

  it('of ICMP names no port, for it has none', () => {
    const [alert] = watching(bad).send(ethernet(ip('10.0.0.5', bad, protocol.icmp, icmp(13, 7)))).lastAlerts;
    expect(alert?.remote).toEqual({ ip: bad });
    expect(alert?.match?.observed).toBe(bad);
  });

  it('counts 77 connections as one alert with count 77, in few revisions', () => {
    const sensor = watching(bad);
    for (let number = 0; number < 77; number++) {
      const talk = new TcpTalk({ server: bad, sport: 1337, cport: 49_200 + number });
      sensor.send(...talk.handshake(), talk.says(text('x')), talk.answers(text('y')), ...talk.close()).wait(3.5);
    }
    expect(outcome(sensor)).toEqual([{ kind: 'c2.address', stage: 'exchange', value: bad, count: 77 }]);
    expect(sensor.alerts.length).toBeLessThanOrEqual(6);
  });

  it('counts 77 connections with a bad server name as 77, also when DNS was asked once', () => {
    const sensor = watching('evil.example').send(query('evil.example'), answered('evil.example', ['198.51.100.7']));
    for (let number = 0; number < 77; number++)
      sensor.send(...secure('evil.example', { server: '198.51.100.7', cport: 49_200 + number })).wait(3.5);
    const [alert] = sensor.finish().lastAlerts;
    expect(sensor.lastAlerts).toHaveLength(1);
    expect(alert?.count).toBeGreaterThanOrEqual(77);
    expect(alert?.count).toBeLessThanOrEqual(78);
    expect(sensor.alerts.length).toBeLessThanOrEqual(6);
  });

  it('is one for each machine and each indicator', () => {
    const sensor = watching(bad, 'evil.example');
    for (const client of ['10.0.0.5', '10.0.0.6']) {
      sensor.send(query('evil.example', { client }), new TcpTalk({ client, server: bad }).syn());
    }
    expect(outcome(sensor)).toHaveLength(4);
  });

  it('opens at the first packet, not at the end of the flow', () => {
    expect(watching(bad).send(new TcpTalk({ server: bad }).syn()).alerts).toHaveLength(1);
  });

  it('says the machine, the remote end, the indicator and its origin, and why, and keeps to the schema', () => {
    const entry = {
      value: bad,
      family: 'BuomDem',
      source: 'bao-cao',
      tlp: 'amber',
      reference: 'https://ung-cuu.example/117',
      confidence: 95,
    } as const;
    const talk = new TcpTalk({ server: bad });
    const [alert] = watching({ ...entry, firstSeenMs: 1_760_000_000_000 })
      .send(...talk.handshake())
      .finish().lastAlerts;
    expect(alert).toMatchObject({
      schema: 'alert/1',
      detector: 'known-bad',
      kind: 'c2.address',
      host: { ip: '10.0.0.5', mac: '02:00:00:00:00:0a' },
      remote: { ip: bad, port: 443 },
      confidence: 95,
      match: {
        type: 'address',
        value: bad,
        family: 'BuomDem',
        source: 'bao-cao',
        tlp: 'amber',
        reference: 'https://ung-cuu.example/117',
        firstSeen: '2025-10-09T08:53:20.000000Z',
      },
      net: { proto: 'tcp' },
    });
    expect(alert?.reasons[0]).toMatchObject({ value: `${bad}:443`, threshold: bad });
    expect(alertSchema.strict().safeParse(alert).error).toBeUndefined();
  });
});

describe('a bad address that knocks on our door', () => {
  const knock = (ends = {}) => new TcpTalk({ client: bad, server: '10.0.0.80', cport: 55_555, sport: 22, ...ends });

  it('is of severity 1 at most, however sure the list is, and names our machine as the host', () => {
    const sensor = watching({ value: bad, confidence: 100 });
    for (let port = 1; port < 200; port++) sensor.send(knock({ sport: port }).syn());
    for (const alert of sensor.finish().alerts)
      expect(alert).toMatchObject({ severity: 1, stage: 'attempt', host: { ip: '10.0.0.80' }, remote: { ip: bad } });
    expect(sensor.lastAlerts).toMatchObject([{ count: 199 }]);
  });

  it('is still of severity 1 when we refuse', () => {
    const talk = knock();
    expect(watching(bad).send(talk.syn(), talk.reset(false)).finish().lastAlerts).toMatchObject([{ severity: 1, stage: 'attempt' }]);
  });

  it('is more when our machine answers, and more still when payload goes both ways', () => {
    const talk = knock();
    const sensor = watching({ value: bad, confidence: 100 }).send(...talk.handshake());
    expect(sensor.alerts.at(-1)).toMatchObject({ stage: 'contact', severity: 2 });
    sensor.send(talk.answers(text('SSH-2.0-x\r\n')), talk.says(text('SSH-2.0-y\r\n')));
    expect(sensor.alerts.at(-1)).toMatchObject({ stage: 'exchange', severity: 3 });
  });

  it('is told apart from a contact of ours with it', () => {
    const sensor = watching(bad).send(knock().syn(), new TcpTalk({ client: '10.0.0.80', server: bad }).syn());
    expect(sensor.finish().lastAlerts.map(({ severity }) => severity)).toEqual([1, 2]);
  });
});

describe('under load', () => {
  it('a contact in the middle of a SYN flood that fills the flow table is found', () => {
    const sensor = new Sensor(setOf(bad), { flows: { flowsMax: 1024 } }, false);
    const random = new Random(9);
    const noise = (count: number) => {
      for (let number = 0; number < count; number++) {
        const src = `${random.between(11, 99)}.${random.below(256)}.${random.below(256)}.${random.below(256)}`;
        sensor.send(ethernet(ip(src, '10.0.0.80', protocol.tcp, tcp(random.between(1024, 65_535), 80, flag.syn, 1))));
      }
    };
    noise(5000);
    const talk = new TcpTalk({ server: bad });
    sensor.send(...talk.handshake());
    noise(3000);
    sensor.send(talk.says(text('x')), talk.answers(text('y')));
    expect(outcome(sensor)).toEqual([{ kind: 'c2.address', stage: 'exchange', value: bad, count: 1 }]);
  });

  it('a contact is found when the flow table has no room at all', () => {
    const sensor = new Sensor(setOf(bad), { flows: { flowsMax: 1024 } }, false);
    for (let port = 0; port < 1024; port++) sensor.send(...new TcpTalk({ cport: 10_000 + port }).handshake());
    const talk = new TcpTalk({ server: bad });
    sensor.send(talk.syn());
    expect(sensor.alerts).toMatchObject([{ kind: 'c2.address', stage: 'attempt', count: 1 }]);
    sensor.send(talk.synAck(), talk.ack(), talk.says(text('x')), talk.answers(text('y')));
    expect(sensor.finish().lastAlerts).toMatchObject([{ count: 1 }]);
  });

  it('a new set takes effect between two frames', () => {
    const sensor = watching('198.51.100.200');
    sensor.send(new TcpTalk({ server: bad }).syn());
    sensor.pipeline.load(setOf(bad));
    sensor.send(new TcpTalk({ server: bad, cport: 2 }).syn(), new TcpTalk({ server: '198.51.100.200' }).syn());
    expect(outcome(sensor)).toMatchObject([{ value: bad, count: 1 }]);
  });
});
