import { rmSync } from 'node:fs';
import { expect, it, vi } from 'vitest';
import { startBroker } from '../../../../centre/demo/broker.ts';
import { type Alert, alertSchema } from '../../../../firmware/contract/alert.ts';
import { presenceSchema } from '../../../../firmware/contract/presence.ts';
import { down, up } from '../../../../firmware/contract/topics.ts';
import { compileChip } from '../../panel-chip/chip-program.ts';
import { makeAgent } from '../agent-of-test.ts';
import { listen } from '../uplink/listener.ts';
import { PanelBench } from './panel-bench.ts';

const box = 'panel-box';

/** The machine that tests may be busy with other things. */
vi.setConfig({ testTimeout: 90_000 });

it('a press at the panel reaches the centre, and a call for help is confirmed on the lamps once the centre has it', async () => {
  const broker = await startBroker();
  const centre = await listen(broker.url);
  const bench = new PanelBench(await compileChip());
  await bench.cable.plug();
  const findings = [{ measured: 'doctor: interface.down', value: 'fault' }];
  const panel = { driver: 'firmata', port: bench.cable.path };
  const { agent, folder } = makeAgent({ box, uplink: { url: broker.url }, panel }, { doctor: async () => findings });
  const acknowledge = (seq: number | undefined, outboxId: string | undefined) =>
    centre.client.publish(down.ack(box), JSON.stringify({ schema: 'ack/1', box, outboxId, seqs: [seq] }), { qos: 1 });
  const presses = () => centre.of(up.presence(box)).map(({ body }) => presenceSchema.parse(JSON.parse(body)).event);
  const alerts = (): Alert[] => centre.of(up.alert(box)).map(({ body }) => alertSchema.parse(JSON.parse(body)));
  try {
    await agent.start();
    // No sensor reports: the box is not well, and the lamps say so.
    await bench.until(() => bench.chip.isHigh('attention') && bench.chip.isLineSilent, 'the first judgement', { timeoutMs: 40_000 });
    const hold = async (ms: number) => {
      bench.chip.press(true);
      const untilMs = bench.chip.nowMs + ms;
      await bench.until(() => bench.chip.nowMs >= untilMs, 'the press', { speed: 4 });
      bench.chip.press(false);
    };
    await hold(300);
    await bench.until(() => presses().includes('acknowledged'), 'the word that somebody is there');
    await hold(8_500);
    await bench.until(() => alerts().length > 0, 'the call for help');
    const [call] = alerts();
    expect(call).toMatchObject({ kind: 'assistance.requested', box, reasons: findings });
    // The chip shows the call itself for a while; after that only the confirmation lights READY, for this box is not well.
    await bench.play(3_000, 4);
    expect(bench.chip.isHigh('ready')).toBe(false);
    acknowledge(call?.seq, call?.outboxId);
    await bench.until(() => bench.chip.isHigh('ready'), 'the confirmation');
  } finally {
    await agent.stop(0);
    await centre.client.endAsync(true);
    await broker.stop();
    await bench.close();
    rmSync(folder, { recursive: true, force: true });
  }
});
