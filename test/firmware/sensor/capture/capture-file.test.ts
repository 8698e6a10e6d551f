import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { openCaptureFile } from '../../../../firmware/sensor/capture/capture-file.ts';
import { CaptureError } from '../../../../firmware/sensor/capture/frame.ts';
import { enhancedPacket, frameOf, interfaceBlock, pcap, section } from './capture-bytes.ts';
import { CaptureFolder, runFile } from './run-capture.ts';

const folder = new CaptureFolder();
afterAll(() => folder.remove());

const packets = Array.from({ length: 500 }, (_, index) => ({
  tsMicros: 1_700_000_000_000_000 + index,
  bytes: frameOf(200 + index, index),
}));
const capture = pcap(packets);
const hex = packets.map(({ bytes }) => bytes.toString('hex'));

async function messageOf(path: string): Promise<string> {
  const { error } = await runFile(path);
  expect(error).toBeInstanceOf(CaptureError);
  const { message } = error as CaptureError;
  expect(message).not.toContain('\n');
  expect(message).toContain(path.replace('\n', '?'));
  return message;
}

describe('what cannot be read as a capture', () => {
  it('is named in one line that says what and where', async () => {
    expect(await messageOf(join(folder.path, 'absent.pcap'))).toMatch(/no such file/);
    expect(await messageOf(join(folder.path, 'line\nbreak.pcap'))).toMatch(/no such file/);
    expect(await messageOf(folder.path)).toMatch(/it is a folder/);
    expect(await messageOf(folder.write(Buffer.alloc(0)))).toMatch(/it is empty/);
    expect(await messageOf(folder.write(Buffer.from('%PDF-1.7 and more')))).toMatch(/not a capture: it starts with the bytes 25 50 44 46/);
    expect(await messageOf(folder.write(capture.subarray(0, 23)))).toMatch(/cut in the middle of the file header \(23 of 24 bytes\)/);
    expect(await messageOf(folder.write(capture.subarray(0, 2)))).toMatch(/file header \(2 of 24 bytes\)/);
    expect(await messageOf(folder.write(section().subarray(0, 20)))).toMatch(/file header \(20 of 28 bytes\)/);
    expect(await messageOf(folder.write(gzipSync(Buffer.from('not a capture'))))).toMatch(/not a capture/);
    expect(await messageOf(folder.write(gzipSync(Buffer.alloc(0))))).toMatch(/it is empty/);
  });

  it.skipIf(process.getuid?.() === 0)('is named when permission lacks (skipped for root, who has it)', async () => {
    const path = folder.write(capture);
    chmodSync(path, 0);
    expect(await messageOf(path)).toMatch(/no permission/);
  });

  it('is a pcap of another major version', async () => {
    const file = Buffer.from(capture);
    file.writeUInt16LE(9, 4);
    expect(await messageOf(folder.write(file))).toMatch(/pcap version 9.4 is not known/);
  });

  it('is a pcap whose link type is not supported, before its first frame', async () => {
    const outcome = await folder.run(pcap(packets, { linkType: 249 }), { isSupportedLinkType: (linkType) => linkType === 1 });
    expect(outcome.frames).toEqual([]);
    expect(outcome.error).toBeInstanceOf(CaptureError);
    expect((outcome.error as CaptureError).message).toMatch(/its link type 249 is not supported$/);
  });

  it('is a pcapng with packets of unsupported link types only', async () => {
    const isSupportedLinkType = (linkType: number): boolean => linkType === 1;
    const strange = [section(), interfaceBlock(true, 249), enhancedPacket(0, 1n, frameOf(9))];
    expect((await folder.run(Buffer.concat(strange), { isSupportedLinkType })).error).toBeInstanceOf(CaptureError);
    const mixed = [...strange, interfaceBlock(true, 1), enhancedPacket(1, 1n, frameOf(9))];
    expect(await folder.run(Buffer.concat(mixed), { isSupportedLinkType })).toMatchObject({ received: 2, error: undefined });
  });
});

describe('a capture that is cut short', () => {
  it('is run to its last whole packet, with a warning and no error', async () => {
    const path = folder.write(capture.subarray(0, -10));
    const outcome = await runFile(path);
    expect(outcome).toMatchObject({ received: 499, error: undefined });
    const lastRecord = capture.length - 16 - packets[499]!.bytes.length;
    expect(outcome.warnings).toEqual([`${path}: cut in the middle of a packet at byte ${lastRecord}; read 499 whole packets`]);
  });

  it('is so with gzip as well: what stands before the cut is not lost', async () => {
    const compressed = gzipSync(capture);
    const outcome = await folder.run(compressed.subarray(0, compressed.length - 2000));
    expect(outcome.error).toBeUndefined();
    expect(outcome.received).toBeGreaterThan(0);
    expect(outcome.frames.map((frame) => frame.hex)).toEqual(hex.slice(0, outcome.received));
    expect(outcome.warnings.join('\n')).toMatch(/the gzip data are cut short; read \d+ whole packets/);
  });

  it('says so when only the end mark of gzip is missing, and loses nothing', async () => {
    const outcome = await folder.run(gzipSync(capture).subarray(0, -8));
    expect(outcome).toMatchObject({ received: 500, error: undefined, warnings: [expect.stringMatching(/the gzip data are cut short/)] });
  });

  it('keeps what stands before damage in gzip data', async () => {
    const compressed = gzipSync(capture, { level: 0 });
    compressed.writeUInt32LE(0, compressed.length - 8);
    const outcome = await folder.run(compressed);
    expect(outcome.error).toBeUndefined();
    expect(outcome.warnings.join('\n')).toMatch(/the gzip data are damaged/);
  });
});

describe('gzip', () => {
  it('is known by its content, whatever the name, in several members too', async () => {
    expect((await folder.run(gzipSync(capture))).frames.map((frame) => frame.hex)).toEqual(hex);
    const members = Buffer.concat([gzipSync(capture.subarray(0, 1000)), gzipSync(capture.subarray(1000))]);
    const outcome = await folder.run(members);
    expect(outcome.frames.map((frame) => frame.hex)).toEqual(hex);
    expect(outcome.warnings).toEqual([]);
  });

  it('is no match for its name alone', async () => {
    expect((await runFile(folder.write(capture, 'plain.pcap.gz'))).received).toBe(500);
  });

  it('of a hundred times the buffer is read in constant memory', async () => {
    const zeros = Buffer.concat([pcap([]), Buffer.alloc(60_000_000)]);
    const path = folder.write(gzipSync(zeros, { level: 1 }));
    let count = 0;
    const source = openCaptureFile(path);
    await source.run(() => count++);
    expect(count).toBe(60_000_000 / 16);
    expect(source.warnings).toEqual([]);
  });
});

describe('standard input and pipes', () => {
  const reader = `import { openCaptureFile } from ${JSON.stringify(new URL('../../../../firmware/sensor/capture/capture-file.ts', import.meta.url).pathname)};
    let bytes = 0; const source = openCaptureFile(process.argv[2] ?? '-');
    await source.run((frame) => { bytes += frame.end - frame.start; });
    console.log(source.counters().received, bytes, source.warnings.join());`;

  async function pipeInto(parts: readonly Uint8Array[]): Promise<string> {
    const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', reader], { stdio: ['pipe', 'pipe', 'inherit'] });
    let output = '';
    child.stdout.on('data', (text: Buffer) => {
      output += text.toString();
    });
    for (const part of parts) {
      child.stdin.write(part);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    child.stdin.end();
    await once(child, 'close');
    return output.trim();
  }
  const bytes = packets.reduce((sum, packet) => sum + packet.bytes.length, 0);

  it('give the frames of the file, however the bytes arrive', async () => {
    const parts = [
      capture.subarray(0, 1),
      capture.subarray(1, 5),
      capture.subarray(5, 30),
      capture.subarray(30, 77_777),
      capture.subarray(77_777),
    ];
    expect(await pipeInto(parts)).toBe(`500 ${bytes}`);
  });

  it('give the frames of gzip as well', async () => {
    const compressed = gzipSync(capture);
    expect(await pipeInto([compressed.subarray(0, 1), compressed.subarray(1, 700), compressed.subarray(700)])).toBe(`500 ${bytes}`);
  });

  it('that end early are named in the warning', async () => {
    expect(await pipeInto([capture.subarray(0, -1)])).toMatch(
      /^499 \d+ standard input: cut in the middle of a packet at byte \d+; read 499 whole packets$/,
    );
  });
});

describe('a run', () => {
  it('ends after the frame in hand when stopped, and stopping twice is harmless', async () => {
    const source = openCaptureFile(folder.write(capture));
    let count = 0;
    await source.run(() => {
      if (++count === 7) source.stop();
    });
    source.stop();
    expect(count).toBe(7);
    expect(source.counters().received).toBe(7);
    expect(source.warnings).toEqual([]);
  });

  it('lets timers fire while a large file is read', async () => {
    const large = pcap(Array.from({ length: 40_000 }, (_, index) => ({ tsMicros: index, bytes: Buffer.alloc(500) })));
    const source = openCaptureFile(folder.write(large));
    let fired = 0;
    const timer = setInterval(() => fired++, 0);
    await source.run(() => undefined);
    clearInterval(timer);
    expect(fired).toBeGreaterThan(0);
  });

  it('holds still between pause and resume', async () => {
    const source = openCaptureFile(folder.write(gzipSync(capture)));
    const seen: string[] = [];
    const running = source.run((frame) => {
      seen.push(Buffer.from(frame.bytes.subarray(frame.start, frame.end)).toString('hex'));
      if (seen.length % 100 === 0) source.pause();
    });
    for (const count of [100, 200, 300, 400, 500]) {
      await expect.poll(() => seen.length).toBe(count);
      source.resume();
    }
    await running;
    expect(seen).toEqual(hex);
  });

  it('passes the error of its sink on', async () => {
    const source = openCaptureFile(folder.write(capture));
    await expect(
      source.run(() => {
        throw new RangeError('a bug of ours');
      }),
    ).rejects.toThrow('a bug of ours');
  });
});
