import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { Interval } from '../../../../firmware/sensor/memory/interval.ts';
import { Recorder } from '../../../../firmware/sensor/memory/recorder.ts';
import { SeenStore } from '../../../../firmware/sensor/memory/store.ts';
import { Pipeline } from '../../../../firmware/sensor/pipeline.ts';
import { pipelineOptions } from '../../../../firmware/sensor/pipeline-options.ts';
import { setOf } from '../intel/lists.ts';
import { answered, helloRecord, ok, query, quicHello, request, serverFlight } from '../observe/messages.ts';
import { frameOf, Sensor, second, startMicros } from '../observe/sensor.ts';
import { datagram, ethernet, flag, icmp, ip, protocol, TcpTalk, tcp } from '../observe/traffic.ts';
import { ask, folderFor, options } from './seen.ts';

const newFolder = folderFor();
const far = '203.0.113.9';

/** A pipeline with the memory as its listener, and the folder that it writes. */
class Box {
  readonly folder = newFolder();
  readonly store = new SeenStore(this.folder, options);
  readonly recorder: Recorder;
  readonly pipeline: Pipeline;
  nowMicros = startMicros;
  parts = 0;
  takes = true;

  constructor(flushSeconds = 300) {
    const interval = new Interval(65_536, (batch) => this.store.append(batch));
    const listening: Recorder[] = [];
    this.pipeline = new Pipeline({
      options: pipelineOptions.parse({}),
      indicators: setOf(),
      box: 'test',
      version: '0.0.0',
      onAlert: () => undefined,
      recorder: (home, hosts) => {
        const recorder = new Recorder({ flushSeconds }, home, hosts, (part, isOver) => {
          if (!this.takes) return false;
          this.parts++;
          interval.take(structuredClone(part), isOver, this.nowMicros / 1000);
          return true;
        });
        listening.push(recorder);
        return recorder;
      },
    });
    this.recorder = listening[0]!;
    this.recorder.tick(startMicros);
  }

  send(...frames: readonly Uint8Array[]): this {
    for (const bytes of frames) {
      this.nowMicros += 1000;
      this.pipeline.frame(frameOf(bytes, this.nowMicros));
    }
    return this;
  }

  at(micros: number): this {
    this.nowMicros = micros;
    this.recorder.tick(micros);
    return this;
  }

  /** Of each value the machines that met it, as `IP stage how -> remote`. */
  async hosts(...values: string[]): Promise<string[][]> {
    this.recorder.handOn(true);
    const { values: answers } = await ask(this.folder, ...values);
    expect(this.pipeline.bugs).toBe(0);
    return answers.map(({ hosts = [] }) =>
      hosts.map(({ ip: address, stage, how, remote, inbound }) =>
        [address, inbound === true ? 'knocked' : stage, how.join('+'), remote].filter(Boolean).join(' '),
      ),
    );
  }
}

function web(host: string, ends = {}): Buffer[] {
  const talk = new TcpTalk({ sport: 80, ...ends });
  return [...talk.handshake(), talk.says(request(host)), talk.answers(ok), ...talk.close()];
}

function secure(name: string, ends = {}): Buffer[] {
  const talk = new TcpTalk(ends);
  return [...talk.handshake(), talk.says(helloRecord(name)), talk.answers(serverFlight(name).bytes), ...talk.close()];
}

describe('what is remembered of traffic', () => {
  it('are names asked of DNS, aliases in answers, and names of an answer whose query was not seen', async () => {
    const box = new Box().send(query('asked.example'), answered('asked.example', [far], 'alias.example'));
    box.send(answered('unheard.example', [far], undefined, { cport: 41_000 }, 9), answered('beside.example', [far], undefined, {}, 10));
    const names = ['asked.example', 'alias.example', 'unheard.example', 'beside.example'];
    expect(await box.hosts(...names)).toEqual(names.map(() => ['10.0.0.5 attempt dns']));
    expect((await ask(box.folder, 'asked.example')).values[0]?.hosts?.[0]?.count).toBe(1);
  });

  it('are TLS server names with where they were met, JA4s, and whole chains by either hash', async () => {
    const box = new Box().send(...secure('www.seen.example'));
    const { leaf } = serverFlight('www.seen.example');
    const digest = (algorithm: string) => createHash(algorithm).update(leaf).digest('hex');
    const fingerprint = new Sensor()
      .send(...secure('x.example'))
      .of('tls')
      .find(({ role }) => role === 'client')?.ja4;
    const contact = [`10.0.0.5 contact tls+tcp ${far}:443`];
    expect(await box.hosts('seen.example', String(fingerprint), digest('sha1'), digest('sha256'))).toEqual(Array(4).fill(contact));
  });

  it('are hosts of HTTP requests, names and addresses', async () => {
    const box = new Box().send(...web('web.example'), ...web('198.51.100.80:8080', { cport: 40_001 }));
    expect(await box.hosts('web.example', '198.51.100.80:8080')).toEqual([
      [`10.0.0.5 contact http+tcp ${far}:80`],
      ['10.0.0.5 contact http+tcp 198.51.100.80:8080'],
    ]);
  });

  it('are server names of QUIC', async () => {
    const ends = { client: '10.0.0.5', server: far, cport: 50_000, sport: 443 };
    const box = new Box().send(...quicHello('quic.example').map((bytes) => datagram(ends, true, bytes)));
    expect(await box.hosts('quic.example', far)).toEqual([[`10.0.0.5 attempt quic+udp ${far}:443`], [`10.0.0.5 attempt udp ${far}:443`]]);
  });

  it('are addresses of any protocol, with whether they answered', async () => {
    const silent = new TcpTalk({ server: '203.0.113.20' });
    const speaking = new TcpTalk({ server: '203.0.113.21', sport: 4444 });
    const box = new Box().send(silent.syn(), ...speaking.handshake(), ethernet(ip('10.0.0.6', '203.0.113.22', protocol.icmp, icmp(8, 0))));
    expect(await box.hosts('203.0.113.20', '203.0.113.21', '203.0.113.22')).toEqual([
      ['10.0.0.5 attempt tcp 203.0.113.20:443'],
      ['10.0.0.5 contact tcp 203.0.113.21:4444'],
      ['10.0.0.6 attempt other 203.0.113.22'],
    ]);
  });

  it('is who knocked from outside, and at whom', async () => {
    const knock = ethernet(ip('198.51.100.66', '10.0.0.5', protocol.tcp, tcp(50_000, 22, flag.syn)));
    expect(await new Box().send(knock).hosts('198.51.100.66')).toEqual([['10.0.0.5 knocked tcp 198.51.100.66']]);
  });

  it('counts every connection, with first and last time', async () => {
    const box = new Box();
    for (let number = 0; number < 4; number++)
      box.at(startMicros + number * 60 * second).send(new TcpTalk({ cport: 41_000 + number }).syn());
    await box.hosts(far);
    expect((await ask(box.folder, far)).values[0]?.hosts?.[0]).toMatchObject({
      count: 4,
      first: '2026-11-23T01:00:00.000000Z',
      last: '2026-11-23T01:03:00.000000Z',
    });
  });

  it('is not what stays inside, is asked of the LAN, or can be no indicator', async () => {
    const inside = new TcpTalk({ server: '10.0.0.9', sport: 445 });
    const box = new Box().send(...inside.handshake(), query('wpad'), query('5.0.0.10.in-addr.arpa'));
    box.send(query('printer.local', { server: '224.0.0.251', sport: 5353, cport: 5353 }));
    expect(await box.hosts('10.0.0.9', '10.0.0.1', 'printer.local', '224.0.0.251')).toEqual([[], [], [], []]);
    expect(box.store.state.days).toBe(0);
  });

  it('has the hardware address of the machine', async () => {
    const box = new Box().send(query('asked.example'));
    await box.hosts('asked.example');
    expect((await ask(box.folder, 'asked.example')).values[0]?.hosts?.[0]).toMatchObject({ mac: '02:00:00:00:00:0a' });
  });

  it('has it also where the machine goes on with a connection of long ago', async () => {
    const box = new Box();
    const talk = new TcpTalk({ sport: 80 });
    box.send(...talk.handshake());
    for (let part = 1; part <= 3; part++) {
      box.at(startMicros + part * 400 * second);
      box.send(talk.says(request(`of-${part}.example`)), talk.answers(ok));
    }
    const names = [1, 2, 3].map((part) => `of-${part}.example`);
    await box.hosts(...names);
    const { values } = await ask(box.folder, ...names);
    for (const { hosts } of values) expect(hosts).toMatchObject([{ mac: '02:00:00:00:00:0a' }]);
  });

  it('has it also after a flood of strangers, where a part was lost, and where frames come a little out of order', async () => {
    const box = new Box();
    const silent = { client: '10.0.0.5', server: '198.51.100.53', cport: 40_053, sport: 53 };
    box.send(query('first.example', silent), answered('first.example', [far], undefined, silent));
    for (let number = 0; number < 80_000; number++) {
      if (number === 40_000) box.recorder.handOn(true);
      const stranger = `${20 + (number >>> 16)}.1.${(number >>> 8) & 255}.${number & 255}`;
      box.pipeline.frame(frameOf(ethernet(ip(stranger, '198.51.100.7', protocol.tcp, tcp(1024, 80, flag.syn))), box.nowMicros));
    }
    box.send(query('after-flood.example', silent, 8));
    box.recorder.handOn(false);
    box.takes = false;
    box.send(query('lost.example', { ...silent, client: '10.0.0.6' }));
    box.nowMicros += 30 * second;
    box.send(query('lost-too.example', { ...silent, client: '10.0.0.6' }, 9));
    box.recorder.handOn(false);
    box.takes = true;
    box.send(query('after-loss.example', { ...silent, client: '10.0.0.6' }, 8));
    box.recorder.handOn(false);
    box.nowMicros -= 5 * second;
    box.send(query('out-of-order.example', { ...silent, client: '10.0.0.7' }));
    const names = ['after-flood.example', 'after-loss.example', 'out-of-order.example'];
    await box.hosts(...names);
    const { values } = await ask(box.folder, ...names);
    for (const { hosts } of values) expect(hosts).toMatchObject([{ mac: '02:00:00:00:00:0a' }]);
  });

  it('is not what a request names of ours, nor the resolver as where a name was met; a first packet from outside is a knock', async () => {
    const away = { server: '198.51.100.53' };
    const box = new Box().send(...web('10.0.0.80'), query('asked-away.example', away));
    box.send(ethernet(ip('198.51.100.99', '10.0.0.5', protocol.tcp, tcp(443, 50_000, flag.syn | flag.ack))));
    expect(await box.hosts('10.0.0.80', 'asked-away.example', '198.51.100.99')).toEqual([
      [],
      ['10.0.0.5 attempt dns'],
      ['10.0.0.5 knocked tcp 198.51.100.99:443'],
    ]);
  });

  it('is of IPv6 what it is of IPv4', async () => {
    const ends = { client: 'fd00::5', server: '2001:db8::9' };
    const box = new Box().send(...secure('www.six.example', ends), ...web('[2001:db8::80]:8080', { ...ends, cport: 40_001 }));
    expect(await box.hosts('six.example', '2001:db8::9', '[2001:db8::80]:8080')).toEqual([
      ['fd00::5 contact tls+tcp [2001:db8::9]:443'],
      ['fd00::5 contact tcp [2001:db8::9]:80'],
      ['fd00::5 contact http+tcp [2001:db8::80]:8080'],
    ]);
  });
});

describe('the time of what is remembered', () => {
  const midnight = Date.UTC(2026, 10, 24) * 1000;

  it('parts days at midnight, UTC', async () => {
    const box = new Box();
    box.at(midnight - 5 * second).send(query('before.example'));
    box.at(midnight + 1000).send(query('after.example'));
    await box.hosts('before.example');
    const { values } = await ask(box.folder, 'before.example', 'after.example');
    expect(values.map(({ hosts }) => hosts?.[0]?.first.slice(0, 16))).toEqual(['2026-11-23T23:59', '2026-11-24T00:00']);
  });

  it('follows a clock that is set, and good days stay', async () => {
    const box = new Box().send(query('good.example'));
    for (const year of [1970, 2100, 1975]) box.at(Date.UTC(year, 0, 1) * 1000).send(query(`of-${year}.example`));
    box.at(startMicros + 60 * second).send(query('back.example'));
    const found = await box.hosts('good.example', 'of-1970.example', 'of-2100.example', 'back.example');
    expect(found.map((hosts) => hosts.length)).toEqual([1, 1, 1, 1]);
    expect(box.store.state).toMatchObject({ days: 4, oldest: '1970-01-01', newest: '2100-01-01' });
  });

  it('of which nobody can have a date is not written at all', () => {
    const box = new Box();
    box.at(-5e15).send(query('never.example'));
    box.at(9e15).send(query('never.example'));
    box.recorder.handOn(true);
    expect(box.store.state.days).toBe(0);
  });

  it('is handed on once in an interval, and not for every packet', () => {
    const box = new Box(60);
    for (let number = 0; number < 120; number++) {
      box.at(startMicros + number * second).send(query('asked.example'));
    }
    expect(box.parts).toBeLessThanOrEqual(4);
    expect(box.store.state.writtenBytes).toBeGreaterThan(0);
  });
});

describe('a flood', () => {
  it('of names is summed up within bounds, and a machine beside it is remembered', async () => {
    const box = new Box();
    for (let number = 0; number < 30_000; number++)
      box.send(query(`${number}.tunnel.example`, { cport: 1024 + (number % 60_000) }, number & 0xffff));
    box.send(query('evil.example', { client: '10.0.0.6' }));
    expect(await box.hosts('evil.example')).toEqual([['10.0.0.6 attempt dns']]);
    expect((await box.hosts('tunnel.example'))[0]).toHaveLength(1);
    expect(box.recorder.lost).toBe(0);
  });

  it('that nobody has room for is counted, and what comes later is remembered', async () => {
    const box = new Box();
    box.takes = false;
    for (let number = 0; number < 40_000; number++) box.send(query(`${number}.flood.example`, {}, number & 0xffff));
    expect(box.recorder.lost).toBeGreaterThan(10_000);
    box.takes = true;
    box.send(query('later.example', { client: '10.0.0.6' }));
    expect((await box.hosts('later.example'))[0]).toHaveLength(1);
  });
});
