import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { alertSchema } from '../../../firmware/contract/alert.ts';
import { frameOf, pcap } from '../sensor/capture/capture-bytes.ts';
import { query } from '../sensor/observe/messages.ts';
import { startMicros } from '../sensor/observe/sensor.ts';
import { TcpTalk, text } from '../sensor/observe/traffic.ts';
import { type Ended, scratch, vonggac } from './command-line.ts';

const files = scratch();
const recorded = (name: string) => fileURLToPath(new URL(`../../captures/${name}`, import.meta.url));
const talk = new TcpTalk({ server: '203.0.113.66' });
const frames = [query('www.example'), ...talk.handshake(), talk.says(text('x')), talk.answers(text('y')), ...talk.close()];
const captureBytes = pcap(frames.map((bytes, index) => ({ bytes, tsMicros: startMicros + index * 1000 })));
const capture = files.write('office.pcap', captureBytes);
const list = files.write('bad.txt', '203.0.113.66\n');
const folder = files.path('folder');
mkdirSync(folder);

const jsonLines = ({ out }: Ended): Record<string, unknown>[] =>
  out
    .trim()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

/** Exit 2, one line on standard error that holds these words, nothing on standard output, and no trace of the program's inside. */
async function refuses(args: readonly string[], words: readonly (string | RegExp)[], input?: Uint8Array): Promise<void> {
  const ended = await vonggac(args, input === undefined ? {} : { input });
  expect(ended.error).not.toMatch(/^\s+at .*:\d+/m);
  expect(ended.errorLines, ended.error).toHaveLength(1);
  expect(ended.errorLines[0]).toMatch(/^vonggac: /);
  for (const word of words) expect(ended.errorLines[0]).toMatch(word);
  expect([ended.code, ended.out]).toEqual([2, '']);
}

/** A process each; a busy machine takes its time. */
const timeoutMs = 60_000;

describe('bad usage ends with exit 2 and one line that says what and where:', { timeout: timeoutMs }, () => {
  it.concurrent.each([
    ['a missing file', [files.path('none.pcap')], [/none\.pcap/, /no such file|not exist|not found/i]],
    ['a folder', [folder], [/folder/, /directory|folder/i]],
    [
      'a file that is no capture',
      [files.write('letter.pcap', 'Kính gửi các cơ quan, đơn vị trong tỉnh')],
      [/letter\.pcap/, /not a capture/],
    ],
    ['an empty file', [files.write('empty.pcap', '')], [/empty\.pcap/, /empty/]],
    ['a file header that was cut', [files.write('cut-header.pcap', captureBytes.subarray(0, 13))], [/cut-header\.pcap/, /header/, /13/]],
    ['a pcapng header that was cut', [files.write('cut.pcapng', Buffer.from('0a0d0d0a1c000000', 'hex'))], [/cut\.pcapng/, /header/]],
    [
      'an unknown link type',
      [files.write('link.pcap', pcap([{ bytes: frameOf(60), tsMicros: 0 }], { linkType: 147 }))],
      [/link\.pcap/, /147/],
    ],
    [
      'gzip of nothing that is a capture',
      [files.write('letter.gz', gzipSync('a letter, and nothing else'))],
      [/letter\.gz/, /not a capture/],
    ],
  ] as const)('%s', async (_name, paths, words) => {
    await refuses(['observe', '--json', ...paths], words);
    await refuses(['replay', '--json', ...paths], words);
  });

  it.concurrent.each([
    ['an indicator list that is missing', ['replay', '--intel', files.path('none.txt'), capture], [/none\.txt/]],
    ['an indicator list that is a folder', ['replay', '--intel', folder, capture], [/folder/]],
    ['an unknown option', ['replay', '--no-such', capture], [/--no-such/]],
    ['an unknown option of the program', ['--no-such'], [/--no-such/]],
    ['an unknown command', ['repaly', capture], [/repaly/]],
    ['no command below intel', ['intel'], [/intel/, /build/]],
    ['an allow list that is missing', ['replay', '--allow', files.path('ours.txt'), capture], [/ours\.txt/]],
    ['an unknown command below intel', ['intel', 'biuld', files.path('out')], [/biuld/]],
    ['an option without its value', ['replay', '--intel'], [/--intel/]],
    ['a command without its file', ['observe', '--json'], [/file/]],
    ['a confidence that is none', ['intel', 'build', files.path('out'), list, '--confidence', '101'], [/101|confidence/]],
    ['a missing configuration', ['observe', '--config', files.path('none.json'), capture], [/none\.json/]],
    ['a configuration that is no JSON', ['observe', '--config', files.write('broken.json', '{"box": '), capture], [/broken\.json/]],
    [
      'a configuration with a wrong value, named by its path',
      ['observe', '--config', files.write('value.json', '{"flows": {"flowsMax": "many"}}'), capture],
      [/value\.json/, /flows\.flowsMax/],
    ],
    [
      'a configuration with a setting that there is not',
      ['observe', '--config', files.write('unknown.json', '{"flows": {"flowMax": 5000}}'), capture],
      [/unknown\.json/, /flows/, /flowMax/],
    ],
    ['the box without a configuration', ['run'], [/--config/]],
    ['the sensor without a capture', ['sensor', '--config', files.write('no-capture.json', '{}')], [/capture/]],
    ['the agent without an uplink', ['agent'], [/uplink/]],
  ] as const)('%s', async (_name, args, words) => {
    await refuses(args, words);
  });

  it('standard input that is no capture', async () => {
    await refuses(['observe', '-'], [/standard input|-/, /not a capture/], Buffer.from('this is a letter to the province'));
  });

  it('a missing file behind a good one', async () => {
    const ended = await vonggac(['observe', '--json', capture, files.path('none.pcap')]);
    expect(ended.code).toBe(2);
    expect(ended.error).not.toMatch(/^\s+at /m);
  });
});

describe('vonggac', { timeout: timeoutMs }, () => {
  it('runs a capture cut in the middle of a packet to its last whole packet, warns, and ends with 0', async () => {
    for (const less of [1, 20]) {
      const cut = files.write('cut.pcap', captureBytes.subarray(0, captureBytes.length - less));
      const ended = await vonggac(['observe', '--json', cut]);
      expect(ended.code).toBe(0);
      expect(ended.error).toMatch(/cut\.pcap.*cut in the middle of a packet/);
      expect(ended.error).toMatch(new RegExp(`packets ${frames.length - 1} `));
      expect(jsonLines(ended).some(({ kind }) => kind === 'dns')).toBe(true);
    }
  });

  it('reads standard input, and gzip, by content and not by name', async () => {
    const plain = await vonggac(['observe', '--json', capture]);
    expect(plain.code).toBe(0);
    expect(jsonLines(plain).map(({ kind }) => kind)).toEqual(expect.arrayContaining(['dns', 'flow']));
    const zipped = gzipSync(captureBytes);
    for (const ended of await Promise.all([
      vonggac(['observe', '--json', '-'], { input: captureBytes }),
      vonggac(['observe', '--json', '-'], { input: zipped }),
      vonggac(['observe', '--json', files.write('office.pcap.gz', zipped)]),
      vonggac(['observe', '--json', files.write('zipped.pcap', zipped)]),
    ]))
      expect([ended.code, ended.out]).toEqual([0, plain.out]);
  });

  it('ends quietly when the reader of its output goes away', async () => {
    const many = Array.from({ length: 60 }, () => recorded('http.pcap'));
    const ended = await vonggac(['observe', '--json', ...many], { readOnlyBytes: 1 });
    expect(ended.code).toBe(0);
    expect(ended.error).not.toMatch(/EPIPE|Error|^\s+at /m);
  });

  it('prints alerts as JSON, one a line, each by the schema, and the numbers on standard error', async () => {
    const ended = await vonggac(['replay', '--json', '--intel', list, capture]);
    expect(ended.code).toBe(0);
    const alerts = jsonLines(ended);
    expect(alerts).toMatchObject([{ schema: 'alert/1', kind: 'c2.address', stage: 'exchange', count: 1 }]);
    for (const alert of alerts) expect(alertSchema.strict().safeParse(alert).error).toBeUndefined();
    for (const word of ['packets', 'bytes', 'flows', 'findings', 'anomalies', 'seconds', 'packets/s']) expect(ended.error).toContain(word);
  });

  it('reports nothing of what an allow list names, on the command line or in the configuration', async () => {
    const allow = files.write('ours-allowed.txt', '203.0.113.66\n');
    const config = files.write('allow.json', JSON.stringify({ intel: [list], allow: [allow] }));
    const runs = [
      vonggac(['replay', '--json', '--intel', list, '--allow', allow, capture]),
      vonggac(['replay', '--json', '--config', config, capture]),
    ];
    for (const ended of await Promise.all(runs)) expect([ended.code, ended.out]).toEqual([0, '']);
  });

  it('gives the same alerts each time, and every revision when asked for them', async () => {
    const args = ['replay', '--json', '--revisions', '--intel', recorded('demonstration.indicators.csv'), recorded('demonstration.pcap')];
    const [first, second] = await Promise.all([vonggac(args), vonggac(args)]);
    expect(first?.out).toBe(second?.out);
    const revisions = jsonLines(first!);
    const byId = new Map<unknown, number>();
    for (const { id, rev } of revisions) {
      expect(rev).toBe((byId.get(id) ?? 0) + 1);
      byId.set(id, Number(rev));
    }
    expect(byId.size).toBeGreaterThan(5);
  });

  it('prints words for people without --json', async () => {
    const [alerts, observations] = await Promise.all([vonggac(['replay', '--intel', list, capture]), vonggac(['observe', capture])]);
    expect(alerts.out).toContain('203.0.113.66');
    expect(alerts.out).not.toMatch(/^\{/);
    expect(observations.out).toContain('www.example');
  });

  it('runs several captures one after another as one', async () => {
    const ended = await vonggac(['replay', '--json', '--intel', list, capture, capture]);
    expect(jsonLines(ended)).toMatchObject([{ count: 2 }]);
  });

  it('takes a compiled set and a list alike', async () => {
    const set = files.path('release.vgi');
    expect((await vonggac(['intel', 'build', set, list])).code).toBe(0);
    const compiled = jsonLines(await vonggac(['replay', '--json', '--intel', set, capture]));
    expect(compiled).toMatchObject([{ kind: 'c2.address', match: { value: '203.0.113.66' } }]);
  });

  it('says how many values of a list it refused', async () => {
    const ended = await vonggac(['replay', '--json', '--intel', files.write('mixed.txt', '203.0.113.66\nthis is no indicator\n'), capture]);
    expect(ended.code).toBe(0);
    expect(ended.error).toMatch(/1 values? refused.*mixed\.txt/);
    expect(jsonLines(ended)).toHaveLength(1);
  });

  it('leaves nothing on standard output but the JSON', async () => {
    const ended = await vonggac(['observe', '--json', recorded('https-tls12.pcap')]);
    for (const line of jsonLines(ended)) {
      expect(Object.values(line)).not.toContain('');
      expect(Object.values(line)).not.toContain(null);
      expect(Object.keys(line)).toEqual(expect.arrayContaining(['kind', 'ts', 'src', 'sport', 'dst', 'dport', 'proto']));
      expect(line.ts).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
    }
  });

  it.concurrent.each([['replay'], ['observe'], ['run'], ['doctor'], ['intel', 'build']])(
    'shows help with an example: %s %s',
    async (...command) => {
      const ended = await vonggac([...command.filter((word) => typeof word === 'string'), '--help']);
      expect([ended.code, ended.error]).toEqual([0, '']);
      expect(ended.out).toMatch(/Examples?:\n {2}.*vonggac/);
    },
  );

  it('shows help, and its version, with exit 0', async () => {
    const [help, version] = await Promise.all([vonggac(['--help']), vonggac(['--version'])]);
    expect([help.code, version.code]).toEqual([0, 0]);
    for (const command of ['replay', 'observe', 'run', 'sensor', 'agent', 'doctor', 'intel']) expect(help.out).toContain(`  ${command}`);
    expect(version.out).toMatch(/^\d+\.\d+\.\d+/);
  });
});
