import { describe, expect, it } from 'vitest';
import { AnomalyCounter } from '../../../../firmware/sensor/decode/anomaly.ts';
import { FrameDecoder } from '../../../../firmware/sensor/decode/frame-decoder.ts';
import type { SensorEvent } from '../../../../firmware/sensor/observe/event.ts';
import { Observer } from '../../../../firmware/sensor/observe/observer.ts';
import { observeOptions } from '../../../../firmware/sensor/observe/options.ts';
import { Random } from '../../../fuzz/random.ts';
import { frameOf, Sensor, second, startMicros } from './sensor.ts';
import { datagram, ethernet, flag, icmp, ip, protocol, TcpTalk, tcp, text, u16, udp } from './traffic.ts';

const hello = text('hello, this is no protocol that anybody knows\n');
const phasesOf = (sensor: Sensor) => sensor.flows.map(({ phase }) => phase);

describe('flows', () => {
  it('count packets and IP bytes, headers included, out from the client and in', () => {
    const talk = new TcpTalk();
    const sensor = new Sensor()
      .send(...talk.handshake(), talk.says(hello), talk.answers(text('yes')), talk.ack(), ...talk.close())
      .finish();
    const out = 40 * 6 + hello.length;
    const inwards = 40 * 3 + 3;
    expect(sensor.of('flow')).toMatchObject([
      {
        src: '10.0.0.5',
        sport: 40_000,
        dst: '203.0.113.9',
        dport: 443,
        proto: 'tcp',
        packetsOut: 6,
        packetsIn: 3,
        bytesOut: out,
        bytesIn: inwards,
        established: true,
        state: 'closed',
        start: '2026-11-23T01:00:00.001000Z',
        ts: '2026-11-23T01:00:00.009000Z',
      },
    ]);
  });

  it('count what was on the wire, not what the snapshot length left', () => {
    const sensor = new Sensor();
    const whole = datagram({ client: '10.0.0.5', server: '203.0.113.9', cport: 5001, sport: 5002 }, true, Buffer.alloc(1000));
    sensor.send(whole.subarray(0, 60)).finish();
    expect(sensor.of('flow')[0]).toMatchObject({ bytesOut: 1028 });
  });

  it('tell start, answered, exchange and end once each, in this order', () => {
    const talk = new TcpTalk();
    const sensor = new Sensor().send(...talk.handshake());
    for (let round = 0; round < 3; round++) sensor.send(talk.says(hello), talk.answers(hello), talk.ack());
    sensor.send(...talk.close()).finish();
    expect(phasesOf(sensor)).toEqual(['start', 'answered', 'exchange', 'end']);
    expect(sensor.flows.map(({ connection }) => connection.flow)).toEqual([1, 1, 1, 1]);
  });

  it('tell whoever awaits it that they were answered, and nothing later', () => {
    const heard: string[] = [];
    const emit = (event: SensorEvent) => {
      if (event.kind !== 'flow') return;
      heard.push(event.phase);
      if (event.phase === 'start') event.connection.awaited = true;
    };
    const anomalies = new AnomalyCounter();
    const observer = new Observer(observeOptions.parse({}), emit, anomalies);
    const decoder = new FrameDecoder(observer, anomalies);
    const talk = new TcpTalk();
    for (const bytes of [...talk.handshake(), talk.says(hello), talk.answers(hello), ...talk.close()]) decoder.decode(frameOf(bytes));
    observer.finish();
    expect(heard).toEqual(['start', 'answered']);
  });

  it('are established by a whole handshake, also without payload, and not by half of one', () => {
    const whole = new TcpTalk({ cport: 1111 });
    const half = new TcpTalk({ cport: 2222 });
    const sensor = new Sensor().send(...whole.handshake(), half.syn(), half.synAck()).finish();
    expect(sensor.of('flow').map(({ established }) => established)).toEqual([true, false]);
  });

  it('are established by payload both ways where the handshake was not seen', () => {
    const talk = new TcpTalk();
    const oneWay = new TcpTalk({ cport: 2222 });
    const sensor = new Sensor().send(talk.says(hello), talk.answers(hello), oneWay.says(hello), oneWay.ack(false)).finish();
    expect(sensor.of('flow').map(({ established }) => established)).toEqual([true, false]);
  });

  it('are not answered by a reset', () => {
    const talk = new TcpTalk();
    const sensor = new Sensor().send(talk.syn(), talk.reset(false)).finish();
    expect(phasesOf(sensor)).toEqual(['start', 'end']);
    expect(sensor.of('flow')[0]).toMatchObject({ state: 'reset', established: false });
  });

  it('are not an exchange when only keep-alives and acknowledgements go both ways', () => {
    const talk = new TcpTalk();
    const sensor = new Sensor().send(...talk.handshake(), talk.ack(false), talk.ack(), talk.ack(false)).finish();
    expect(phasesOf(sensor)).toEqual(['start', 'answered', 'end']);
  });

  it('of UDP are answered and exchange payload with the first answer', () => {
    const ends = { client: '10.0.0.5', server: '203.0.113.9', cport: 5001, sport: 5002 };
    const sensor = new Sensor().send(datagram(ends, true, hello), datagram(ends, true, hello), datagram(ends, false, hello)).finish();
    expect(phasesOf(sensor)).toEqual(['start', 'answered', 'exchange', 'end']);
    expect(sensor.of('flow')[0]).toMatchObject({ proto: 'udp', packetsOut: 2, packetsIn: 1, established: true });
  });

  it('of a ping and its answer are one, answered by it', () => {
    const request = ethernet(ip('10.0.0.5', '203.0.113.9', protocol.icmp, icmp(8, 0)));
    const reply = ethernet(ip('203.0.113.9', '10.0.0.5', protocol.icmp, icmp(0, 0)));
    const sensor = new Sensor().send(request, reply, request, reply).finish();
    expect(sensor.of('flow')).toMatchObject([{ src: '10.0.0.5', dst: '203.0.113.9', proto: 'icmp', packetsOut: 2, packetsIn: 2 }]);
  });

  it('of one pair of ports over TCP and UDP, or IPv4 and IPv6, are different ones', () => {
    const ends = { client: '10.0.0.5', server: '203.0.113.9', cport: 40_000, sport: 443 };
    const six = { client: 'fd00::5', server: '2001:db8::9', cport: 40_000, sport: 443 };
    const sensor = new Sensor().send(
      new TcpTalk(ends).syn(),
      datagram(ends, true, hello),
      new TcpTalk(six).syn(),
      datagram(six, true, hello),
    );
    expect(sensor.finish().of('flow')).toHaveLength(4);
  });

  it('carry the VLAN tags of their first packet', () => {
    const plain = new TcpTalk().syn();
    const tagged = Buffer.concat([plain.subarray(0, 12), u16(0x88a8, 100, 0x8100, 20), plain.subarray(12)]);
    expect(new Sensor().send(tagged).finish().of('flow')[0]).toMatchObject({ vlan: 100, vlanInner: 20 });
  });

  it('of a tunnel are told outside and inside', () => {
    const inside = ip('10.0.0.5', '203.0.113.9', protocol.udp, udp(5001, 5002, hello));
    const flows = new Sensor()
      .send(ethernet(ip('198.51.100.1', '198.51.100.2', 4, inside)))
      .finish()
      .of('flow');
    expect(flows.map(({ src, proto }) => [src, proto])).toEqual([
      ['198.51.100.1', 'ipip'],
      ['10.0.0.5', 'udp'],
    ]);
  });
});

describe('the client of a flow', () => {
  const client = { src: '10.0.0.5', sport: 40_000, dst: '203.0.113.9', dport: 443 };
  const firstFlow = (...frames: Buffer[]) =>
    new Sensor()
      .send(...frames)
      .finish()
      .of('flow')[0];

  it('is who sent the SYN, whatever the ports', () => {
    expect(firstFlow(new TcpTalk().syn())).toMatchObject(client);
    const odd = new TcpTalk({ cport: 80, sport: 50_000 });
    expect(firstFlow(...odd.handshake())).toMatchObject({ sport: 80, dport: 50_000 });
  });

  it('is who is sent the SYN-ACK when that comes first, and the flow is answered', () => {
    const talk = new TcpTalk({ cport: 80, sport: 50_000 });
    talk.syn();
    const sensor = new Sensor().send(talk.synAck(), talk.ack()).finish();
    expect(sensor.of('flow')[0]).toMatchObject({ src: '10.0.0.5', sport: 80, dport: 50_000, packetsOut: 1, packetsIn: 1 });
    expect(phasesOf(sensor)).toEqual(['start', 'answered', 'end']);
  });

  it('is the end with the higher port where a conversation is joined in the middle', () => {
    expect(firstFlow(new TcpTalk().says(hello))).toMatchObject(client);
    expect(firstFlow(new TcpTalk().answers(hello))).toMatchObject(client);
  });

  it('is who speaks as one, where a conversation joined in the middle has the ports the other way round', () => {
    const request = text('GET / HTTP/1.1\r\nHost: www.example\r\n\r\n');
    const response = text('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
    const odd = { cport: 5000, sport: 50_000 };
    expect(firstFlow(new TcpTalk(odd).says(request))).toMatchObject({ src: '10.0.0.5', sport: 5000, dport: 50_000 });
    expect(firstFlow(new TcpTalk(odd).answers(response))).toMatchObject({ src: '10.0.0.5', sport: 5000, dport: 50_000 });
  });

  it('has not been answered, when it was taken for the server at first and nobody else has spoken', () => {
    const request = text('GET / HTTP/1.1\r\nHost: www.example\r\n\r\n');
    const sensor = new Sensor().send(new TcpTalk({ cport: 5000, sport: 50_000 }).says(request)).finish();
    expect(sensor.phases('end')[0]?.connection).toMatchObject({ clientPort: 5000, answered: false, exchanged: false });
  });

  it('of UDP is who does not use a system port, else who spoke first', () => {
    const dns = { client: '10.0.0.5', server: '203.0.113.9', cport: 40_000, sport: 53 };
    expect(firstFlow(datagram(dns, false, Buffer.alloc(4)))).toMatchObject({ src: '10.0.0.5', dport: 53 });
    const high = { client: '10.0.0.5', server: '203.0.113.9', cport: 4000, sport: 5000 };
    expect(firstFlow(datagram(high, true, hello))).toMatchObject({ sport: 4000 });
    expect(firstFlow(datagram(high, false, hello))).toMatchObject({ sport: 5000 });
  });
});

describe('the end of a flow', () => {
  /** Another conversation lets time pass. */
  const tick = (sensor: Sensor, seconds: number) => {
    for (let passed = 0; passed < seconds; passed++) {
      sensor.wait(1).send(datagram({ client: '10.9.9.9', server: '198.51.100.9', cport: 9999, sport: 9998 }, true, hello));
    }
  };
  const endOf = (sensor: Sensor, port: number) => sensor.of('flow').find(({ dport, sport }) => dport === port || sport === port);

  it('comes by the time of the frames: 60 s without an answer, 180 s after an answer without TCP, 1800 s in TCP, 10 s when closed', () => {
    const sensor = new Sensor();
    const closed = new TcpTalk({ sport: 1004 });
    const open = new TcpTalk({ sport: 1003 });
    const talk = { client: '10.0.0.5', server: '203.0.113.9', cport: 5001, sport: 1002 };
    sensor.send(new TcpTalk({ sport: 1001 }).syn(), datagram(talk, true, hello), datagram(talk, false, hello), ...open.handshake());
    sensor.send(...closed.handshake(), ...closed.close());
    const seen: Record<number, number> = {};
    for (let passed = 1; passed <= 1850; passed++) {
      tick(sensor, 1);
      for (const port of [1001, 1002, 1003, 1004]) if (seen[port] === undefined && endOf(sensor, port) !== undefined) seen[port] = passed;
    }
    const within = (port: number, from: number) => {
      expect(seen[port]).toBeGreaterThanOrEqual(from);
      expect(seen[port]).toBeLessThanOrEqual(from + 20);
    };
    within(1004, 10);
    within(1001, 60);
    within(1002, 180);
    within(1003, 1800);
  });

  it('says when the flow was last seen, not when it was given up', () => {
    const sensor = new Sensor().send(new TcpTalk({ sport: 1001 }).syn());
    tick(sensor, 100);
    expect(endOf(sensor, 1001)?.ts).toBe('2026-11-23T01:00:00.001000Z');
  });

  it('comes to every flow when the capture is over, once', () => {
    const sensor = new Sensor();
    for (let port = 1000; port < 1100; port++) sensor.send(new TcpTalk({ cport: port }).syn());
    sensor.finish().finish();
    expect(sensor.phases('end')).toHaveLength(100);
    expect(sensor.pipeline.observer.flows.live).toBe(0);
  });

  it.each(['closed by both', 'reset', 'joined in the middle and exchanging'])(
    'comes with a new SYN on the same ports to a flow that was %s',
    (how) => {
      const talk = new TcpTalk();
      const sensor = new Sensor();
      if (how === 'joined in the middle and exchanging') sensor.send(talk.says(hello), talk.answers(hello));
      else sensor.send(...talk.handshake(), talk.says(hello), ...(how === 'reset' ? [talk.reset(false)] : talk.close()));
      const again = new TcpTalk({}, 900_000, 800_000);
      sensor.send(...again.handshake(), again.says(text('GET /again HTTP/1.1\r\nHost: www.example\r\n\r\n'))).finish();
      expect(sensor.of('flow')).toHaveLength(2);
      expect(sensor.of('flow')[1]).toMatchObject({ packetsOut: 3, packetsIn: 1 });
      expect(sensor.of('http')).toMatchObject([{ uri: '/again' }]);
    },
  );

  it('does not come with a repeated SYN, nor with a SYN-ACK', () => {
    const talk = new TcpTalk();
    const syn = talk.syn();
    const synAck = talk.synAck();
    const sensor = new Sensor().send(syn, syn, syn, synAck, synAck, talk.ack(), talk.says(hello)).finish();
    expect(sensor.of('flow')).toMatchObject([{ packetsOut: 5, packetsIn: 2 }]);
  });

  it('still comes in time after a frame from the far future', () => {
    const sensor = new Sensor();
    sensor.nowMicros += 20 * 365 * 86_400 * second;
    sensor.send(new TcpTalk({ sport: 999 }).syn());
    sensor.nowMicros = startMicros;
    sensor.send(new TcpTalk({ sport: 1001 }).syn());
    tick(sensor, 90);
    expect(endOf(sensor, 1001)).toBeDefined();
  });

  it('still comes in time after the clock was set back by a day', () => {
    const sensor = new Sensor();
    tick(sensor, 5);
    sensor.nowMicros -= 86_400 * second;
    sensor.send(new TcpTalk({ sport: 1001 }).syn());
    tick(sensor, 90);
    expect(endOf(sensor, 1001)).toBeDefined();
  });
});

describe('the flow table at its cap', () => {
  const options = { flows: { flowsMax: 4096 } };
  const bogus = (random: Random) => `${random.between(11, 99)}.${random.below(256)}.${random.below(256)}.${random.below(256)}`;

  function flood(sensor: Sensor, random: Random, count: number): void {
    for (let number = 0; number < count; number++) {
      const packet = ip(bogus(random), '10.0.0.80', protocol.tcp, tcp(random.between(1024, 65_535), 80, flag.syn, random.u32()));
      sensor.nowMicros -= 990;
      sensor.send(ethernet(packet));
    }
  }

  it('stays where it is under a SYN flood with random sources, and flows that were answered stay in it', () => {
    const sensor = new Sensor(undefined, options);
    const random = new Random(5);
    const talks = Array.from({ length: 200 }, (_, index) => new TcpTalk({ cport: 30_000 + index }));
    for (const talk of talks) sensor.send(...talk.handshake(), talk.says(hello), talk.answers(hello));
    flood(sensor, random, 30_000);
    const { flows } = sensor.pipeline.observer;
    expect(flows.live).toBeLessThanOrEqual(4096);
    expect(flows.replaced).toBeGreaterThan(20_000);
    sensor.flows.length = 0;
    for (const talk of talks) sensor.send(talk.says(hello), talk.answers(hello));
    expect(sensor.phases('start')).toEqual([]);
    sensor.observations.length = 0;
    sensor.finish();
    const survived = sensor.of('flow').filter(({ src }) => src === '10.0.0.5');
    expect(survived).toHaveLength(200);
    for (const flow of survived) expect(flow).toMatchObject({ packetsOut: 4, packetsIn: 3 });
  });

  it('refuses and counts new flows when every one was answered, yet tells their start', () => {
    const sensor = new Sensor(undefined, { flows: { flowsMax: 1024 } });
    for (let port = 0; port < 1024; port++) {
      const talk = new TcpTalk({ cport: 10_000 + port });
      sensor.send(...talk.handshake());
    }
    sensor.flows.length = 0;
    sensor.send(new TcpTalk({ cport: 5 }).syn());
    expect(sensor.flows).toMatchObject([{ phase: 'start', connection: { flow: 0, clientPort: 5, serverPort: 443 } }]);
    expect(sensor.pipeline.observer.flows.refused).toBe(1);
    expect(sensor.pipeline.anomalies.counts['flow.refused']).toBe(1);
  });

  it('still reads DNS that has no room in it', () => {
    const sensor = new Sensor(undefined, { flows: { flowsMax: 1024 } });
    for (let port = 0; port < 1024; port++) sensor.send(...new TcpTalk({ cport: 10_000 + port }).handshake());
    const query = Buffer.concat([u16(7, 0x0100, 1, 0, 0, 0), Buffer.from('\x03www\x07example\0'), u16(1, 1)]);
    sensor.send(datagram({ client: '10.0.0.5', server: '10.0.0.1', cport: 4444, sport: 53 }, true, query));
    expect(sensor.of('dns')).toMatchObject([{ qname: 'www.example', src: '10.0.0.5' }]);
  });
});
