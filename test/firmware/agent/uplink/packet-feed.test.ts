import { PassThrough, Writable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { feedByPacket } from '../../../../firmware/agent/uplink/packet-feed.ts';
import { until } from './listener.ts';

const packet = (byte: number) => Buffer.from([0x30, 1, byte]);

describe('a stream fed by the packet', () => {
  it('gives each packet alone, in order, and waits for a reader that is not ready', async () => {
    const stream = new PassThrough();
    feedByPacket(stream, 100, () => expect.unreachable());
    const read: number[][] = [];
    const ready: (() => void)[] = [];
    stream.pipe(new Writable({ write: (chunk: Buffer, _encoding, done) => read.push([...chunk]) && ready.push(done) }));
    stream.write(Buffer.concat([packet(1), packet(2), packet(3).subarray(0, 2)]));
    stream.write(packet(3).subarray(2));
    for (let count = 1; count <= 3; count++) {
      await until(() => read.length === count, `packet ${count}`);
      for (let turns = 0; turns < 5; turns++) await turn();
      expect(read.length).toBe(count);
      ready.shift()?.();
    }
    expect(read).toEqual([1, 2, 3].map((byte) => [...packet(byte)]));
  });

  it('is closed by a reader that throws, with what it threw, and gives it nothing more', async () => {
    const stream = new PassThrough();
    const faults: string[] = [];
    let calls = 0;
    feedByPacket(stream, 100, ({ message }) => faults.push(message));
    stream.pipe(
      new Writable({
        write: () => {
          calls++;
          throw new TypeError('surprise');
        },
      }),
    );
    stream.write(Buffer.concat([packet(1), packet(2), packet(3)]));
    await until(() => stream.destroyed, 'the end');
    for (let turns = 0; turns < 5; turns++) await turn();
    expect([calls, faults]).toEqual([1, ['the broker sent a packet that cannot be understood: surprise']]);
  });

  it('is closed by what is no packet, and the packets before it in the same piece are not given', async () => {
    const stream = new PassThrough();
    const faults: string[] = [];
    feedByPacket(stream, 100, ({ message }) => faults.push(message));
    stream.pipe(new Writable({ write: () => expect.unreachable() }));
    stream.write(Buffer.concat([packet(1), Buffer.from('SSH-2.0-other\r\n')]));
    await until(() => stream.destroyed, 'the end');
    expect(faults).toEqual(['the broker sent a packet of a type that the box never asks for']);
  });
});
