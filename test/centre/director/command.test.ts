import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask } from '../../../centre/director/ask-command.ts';
import type { CommandResponse } from '../../../firmware/contract/command-message.ts';
import { up } from '../../../firmware/contract/topics.ts';
import { until } from '../../firmware/agent/uplink/listener.ts';
import { DirectorCentre } from './director-centre.ts';
import { SimulatedBox } from './simulated-box.ts';

describe('vonggac-centre command', { timeout: 60_000 }, () => {
  let centre: DirectorCentre;
  beforeAll(async () => {
    centre = await DirectorCentre.start();
  }, 60_000);
  afterAll(() => centre.stop());

  it('asks a box, prints its answer, and keeps both in the register', async () => {
    const box = await centre.box('blink-box');
    const ran = await centre.run(['command', 'blink-box', 'identify', '--seconds', '5', '--author', 'an']);
    expect(ran).toMatchObject({ status: 0, err: '' });
    expect(ran.out).toMatch(/^blink-box {2}identify: done \(\d\.\d s\)\n$/);
    expect(box.requests).toMatchObject([{ box: 'blink-box', command: 'identify', arguments: { seconds: 5 }, author: 'an' }]);
    const [request] = box.requests;
    expect(Date.parse(request?.expires ?? '') - Date.parse(request?.issued ?? '')).toBe(300_000);
    const row = centre
      .director()
      .register.prepare('select * from command where id = ?')
      .get(request?.id ?? '');
    expect(row).toMatchObject({ box: 'blink-box', command: 'identify' });
    expect(JSON.parse(String(row?.response))).toMatchObject({ state: 'done' });
  });

  it('names each box in a command of its own, and never asks twice with one id', async () => {
    const boxes = await Promise.all(['pair-box-1', 'pair-box-2'].map((id) => centre.box(id, {}, 'pair')));
    const ran = await centre.run(['command', '--tag', 'pair', 'lamp-test', '--json']);
    expect(ran.status).toBe(0);
    const ids = boxes.map((box) => box.requests.map(({ id }) => id));
    expect(new Set(ids.flat()).size).toBe(2);
    expect(
      ran.out
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toMatchObject([
      { box: 'pair-box-1', state: 'done', id: ids[0]?.[0] },
      { box: 'pair-box-2', state: 'done', id: ids[1]?.[0] },
    ]);
  });

  it('is not kept by the broker: a box that comes later gets nothing', async () => {
    centre.register('late-box');
    const ran = await centre.run(['command', 'late-box', 'restart', '--process', 'agent']);
    expect(ran).toMatchObject({ status: 1, out: expect.stringContaining('late-box  restart: away') });
    const box = await centre.connect('late-box');
    const proof = await centre.run(['command', 'late-box', 'lamp-test']);
    expect(proof.status).toBe(0);
    expect(box.requests.map(({ command }) => command)).toEqual(['lamp-test']);
  });

  it('is forgotten by the broker when its time is over, also for a box that is remembered', async () => {
    centre.register('slept-box');
    const access = await centre.broker.box('slept-box');
    const remembered = { clean: false, properties: { sessionExpiryInterval: 600 } };
    const asleep = await SimulatedBox.connect(access, 'slept-box', centre.publicKey, {}, remembered);
    await asleep.close();
    const question = [{ box: 'slept-box', command: 'identify' as const, arguments: {} }];
    const options = { waitMs: 100, lifetimeSeconds: 1 };
    await ask(centre.director(), question, options);
    await sleep(2_200);
    const awake = await SimulatedBox.connect(access, 'slept-box', centre.publicKey, {}, remembered);
    const [answer] = await ask(centre.director(), question, { waitMs: 10_000 });
    expect(answer?.state).toBe('done');
    expect(awake.requests.map(({ id }) => id)).toEqual([answer?.id]);
    await awake.close();
  });

  it('shows what the doctor of a box found, and nothing that could steer the terminal', async () => {
    const result = {
      findings: [
        {
          code: 'clock.late',
          degree: 'fault',
          vi: '✘ Đồng hồ chậm 3 giờ. [clock.late]\n    Cần làm: đặt lại.',
          en: '✘ The clock is late.',
        },
        { code: 'disk.ok\u001b[2J', degree: 'ok' },
      ],
    };
    await centre.box('sick-box', { answer: (_request, honest) => ({ ...honest, result }) });
    const ran = await centre.run(['command', 'sick-box', 'doctor', '--lang', 'vi']);
    expect(ran.out.split('\n').slice(1)).toEqual([
      '    ✘ Đồng hồ chậm 3 giờ. [clock.late]',
      '        Cần làm: đặt lại.',
      '    ok: disk.ok\ufffd[2J',
      '',
    ]);
  });

  it('tells a refusal with its reason', async () => {
    await centre.box('busy-box', {
      answer: (_request, honest) => ({ ...honest, state: 'refused', code: 'not-kept', message: 'no evidence of that' }),
    });
    const ran = await centre.run(['command', 'busy-box', 'evidence', '0197-some-alert']);
    expect(ran).toMatchObject({ status: 1, err: '' });
    expect(ran.out).toMatch(/^busy-box {2}evidence: REFUSED \[not-kept\] no evidence of that \(/);
  });

  it.each([
    ['no command', ['command', 'blink-box', 'dance'], /dance is no command: there are identify/],
    ['a command without its word', ['command', 'blink-box', 'evidence'], /evidence ID/],
    ['an option of another command', ['command', 'blink-box', 'doctor', '--seconds', '5'], /--seconds is for identify/],
    ['nobody', ['command', 'identify'], /say which boxes/],
  ])('refuses %s with one line', async (_what, words, line) => {
    const ran = await centre.run(words);
    expect(ran).toMatchObject({ status: 2, out: '' });
    expect(ran.err).toMatch(line);
  });

  it('does not believe an answer of another box, to another question, or that is none', async () => {
    const director = centre.director();
    const lies: Record<string, (honest: CommandResponse) => object | string> = {
      'other-id-box': (honest) => ({ ...honest, id: crypto.randomUUID() }),
      'other-name-box': (honest) => ({ ...honest, box: 'honest-box' }),
      'no-state-box': (honest) => ({ ...honest, state: 'glad' }),
      'noise-box': () => '{{{',
      'deep-box': () => '['.repeat(100_000),
      'replay-box': (honest) => ({ ...honest, state: 'refused', code: 'replayed' }),
    };
    const names = Object.keys(lies);
    for (const [name, lie] of Object.entries(lies)) await centre.box(name, { answer: (_request, honest) => lie(honest) });
    // One who heard the id of another's question.
    const thief = await centre.box('thief-box', { answer: () => undefined });
    await centre.box('honest-box', {
      answer: (_request, honest) => {
        thief.client.client.publish(up.commandResponse('thief-box'), JSON.stringify({ ...honest, box: 'thief-box', state: 'failed' }));
        return honest;
      },
    });
    const questions = [...names, 'thief-box', 'honest-box'].map((box) => ({ box, command: 'identify' as const, arguments: {} }));
    const answers = await ask(director, questions, { waitMs: 1_500 });
    const states = Object.fromEntries(answers.map(({ box, state }) => [box, state]));
    expect(states).toEqual({
      ...Object.fromEntries(names.map((name) => [name, 'silent'])),
      'replay-box': 'refused',
      'thief-box': 'silent',
      'honest-box': 'done',
    });
  });

  it('takes a refusal that could not name its question by the correlation data', async () => {
    await centre.box('blind-box', {
      answer: ({ box }) => ({ schema: 'command-response/1', box, ts: new Date().toISOString(), state: 'refused', code: 'malformed' }),
    });
    const ran = await centre.run(['command', 'blind-box', 'identify']);
    expect(ran.out).toContain('REFUSED [malformed]');
  });

  it('stops waiting when it is interrupted, and says who has not answered', async () => {
    const mute = await centre.box('mute-box', { answer: () => undefined });
    const stop = new AbortController();
    const running = centre.run(['command', 'mute-box', 'identify'], '', stop.signal);
    await until(() => mute.requests.length === 1, 'the command');
    stop.abort();
    expect(await running).toMatchObject({ status: 130, out: 'mute-box  identify: NO ANSWER\n' });
  });
});
