import { describe, expect, it } from 'vitest';
import { Dispatcher, payloadBytesMax } from '../../../../firmware/agent/uplink/dispatcher.ts';

const message = (topic: string, payload = new Uint8Array(1)) => ({ topic, payload, isRetained: false });

describe('the dispatcher', () => {
  it('gives a message to whoever registered its very topic', () => {
    const dispatcher = new Dispatcher(() => expect.unreachable());
    const heard: string[] = [];
    for (const topic of ['a', 'a/b', '__proto__']) dispatcher.register(topic, ({ topic: name }) => heard.push(name));
    for (const topic of ['a/b', 'a', '__proto__']) dispatcher.receive(message(topic));
    expect(heard).toEqual(['a/b', 'a', '__proto__']);
    expect(dispatcher.ignored).toBe(0);
  });

  it('counts what is of no use, and speaks of it once for each connection', () => {
    const problems: string[] = [];
    const dispatcher = new Dispatcher((text) => problems.push(text));
    let calls = 0;
    dispatcher.register('a', () => {
      calls++;
      throw new Error('is nonsense');
    });
    for (let times = 0; times < 1_000; times++) dispatcher.receive(message('a'));
    dispatcher.receive(message('a', new Uint8Array(payloadBytesMax + 1)));
    dispatcher.receive(message('constructor'));
    expect([calls, dispatcher.ignored]).toEqual([1_000, 1_002]);
    dispatcher.begin();
    dispatcher.receive(message('x'.repeat(65_535)));
    expect(problems).toEqual([
      'a message on a was ignored: it is nonsense',
      `a message on ${'x'.repeat(200)} was ignored: it has no use here`,
    ]);
  });
});
