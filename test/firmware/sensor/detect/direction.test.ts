import { describe, expect, it } from 'vitest';
import { type Entry, setOf } from '../intel/lists.ts';
import { answered, helloRecord, ok, query, request } from '../observe/messages.ts';
import { Sensor } from '../observe/sensor.ts';
import { datagram, ethernet, flag, icmp, ip, protocol, TcpTalk, tcp, text } from '../observe/traffic.ts';

const bad = '203.0.113.66';
const ours = '10.0.0.5';

function alertsOf(frames: readonly Buffer[], ...entries: (Entry | string)[]) {
  const sensor = new Sensor(setOf(...entries), {}, false).send(...frames).finish();
  return sensor.lastAlerts.map(({ severity, stage, host, remote, net }) => ({
    severity,
    stage,
    host: host.ip,
    remote: remote.ip,
    direction: net.direction,
  }));
}

const knock = [{ severity: 1, stage: 'attempt', host: ours, remote: bad, direction: 'inbound' }];
const segment = (fromBad: boolean, badPort: number, ourPort: number, flags: number, payload = text('')) =>
  fromBad
    ? ethernet(ip(bad, ours, protocol.tcp, tcp(badPort, ourPort, flags, 1, 1, payload)))
    : ethernet(ip(ours, bad, protocol.tcp, tcp(ourPort, badPort, flags, 1, 1, payload)));

describe('a knock of a bad address that only looks like an answer', () => {
  it('is a knock: a datagram from a well-known port to which nobody of ours has spoken', () => {
    for (const port of [53, 443]) {
      const lone = datagram({ client: ours, server: bad, cport: 40_000, sport: port }, false, text('hello'));
      expect(alertsOf([lone], bad)).toEqual(knock);
    }
  });

  it('is a knock: a SYN-ACK that nobody asked for and our side refuses, and a lone reset', () => {
    expect(alertsOf([segment(true, 443, 40_000, flag.syn | flag.ack), segment(false, 443, 40_000, flag.rst)], bad)).toEqual(knock);
    expect(alertsOf([segment(true, 443, 40_000, flag.rst)], bad)).toEqual(knock);
  });

  it('is our contact after all, when our side speaks: a conversation that was joined in the middle', () => {
    const frames = [segment(true, 443, 40_000, flag.ack, text('data')), segment(false, 443, 40_000, flag.ack, text('more'))];
    expect(alertsOf(frames, bad)).toEqual([{ severity: 4, stage: 'exchange', host: ours, remote: bad, direction: undefined }]);
  });

  it('is our contact, whatever the ports say, when the first packet seen is ours', () => {
    const frames = [segment(false, 40_000, 1050, flag.ack, text('data')), segment(true, 40_000, 1050, flag.ack, text('more'))];
    expect(alertsOf(frames, bad)).toEqual([{ severity: 4, stage: 'exchange', host: ours, remote: bad, direction: undefined }]);
  });
});

describe('what an outside machine does to one of ours', () => {
  const outside = { client: '198.51.100.9', server: '10.0.0.80' };
  const visit = (): Buffer[] => {
    const talk = new TcpTalk({ ...outside, sport: 80 });
    return [...talk.handshake(), talk.says(request('evil.example', '/', 'EvilBot/1.0')), talk.answers(ok), ...talk.close()];
  };

  it('names our machine, and is said to come from outside', () => {
    for (const indicator of ['evil.example', 'ua:EvilBot/1.0']) {
      expect(alertsOf(visit(), indicator)).toEqual([
        { severity: 3, stage: 'exchange', host: '10.0.0.80', remote: '198.51.100.9', direction: 'inbound' },
      ]);
    }
  });

  it('names our machine for a server name in TLS, and for a name asked of our own DNS server', () => {
    const talk = new TcpTalk(outside);
    const hello = [...talk.handshake(), talk.says(helloRecord('evil.example'))];
    expect(alertsOf(hello, 'evil.example')).toMatchObject([{ host: '10.0.0.80', direction: 'inbound' }]);
    const asked = query('evil.example', { client: '198.51.100.9', server: '10.0.0.53' });
    expect(alertsOf([asked], 'evil.example')).toMatchObject([{ host: '10.0.0.53', direction: 'inbound', severity: 1 }]);
  });

  it('counts our bytes as sent and theirs as received, and names the port that was asked for', () => {
    const sensor = new Sensor(setOf(bad), {}, false);
    sensor.send(new TcpTalk({ client: bad, server: ours, sport: 22 }).syn()).finish();
    expect(sensor.lastAlerts[0]).toMatchObject({ host: { ip: ours, port: 22 }, net: { bytesOut: 0, direction: 'inbound' } });
    expect(sensor.lastAlerts[0]?.net.bytesIn).toBeGreaterThan(0);
  });
});

describe('ICMP', () => {
  const packet = (src: string, dst: string, type: number, code = 0) => ethernet(ip(src, dst, protocol.icmp, icmp(type, code)));

  it('never is an exchange: the bytes of a ping are filling', () => {
    expect(alertsOf([packet(ours, bad, 8), packet(bad, ours, 0)], bad)).toMatchObject([{ stage: 'contact', severity: 3 }]);
    expect(alertsOf([packet(bad, ours, 8), packet(ours, bad, 0)], bad)).toMatchObject([{ stage: 'contact', direction: 'inbound' }]);
  });

  it('is no contact of ours, when our machine refuses a datagram of theirs', () => {
    const frames = [datagram({ client: bad, server: ours, cport: 40_000, sport: 161 }, true, text('x')), packet(ours, bad, 3, 3)];
    expect(alertsOf(frames, bad)).toEqual(knock);
  });
});

it('does not say that DNS was spoken on the connection that follows a name', () => {
  const talk = new TcpTalk({ server: '198.51.100.7' });
  const frames = [
    query('evil.example'),
    answered('evil.example', ['198.51.100.7']),
    ...talk.handshake(),
    talk.says(text('xx')),
    talk.answers(text('yy')),
  ];
  const sensor = new Sensor(setOf('evil.example'), {}, false).send(...frames).finish();
  expect(sensor.lastAlerts[0]).toMatchObject({ stage: 'exchange', net: { proto: 'tcp' } });
  expect(sensor.lastAlerts[0]?.net.app).toBeUndefined();
});
