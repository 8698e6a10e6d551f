/**
 * A centre, its HTTPS server and a box, all inside the namespace that this was started in: the box takes releases, the first whole, the others as
 * differences, the last while frames come. Its argument is a `SwapOrder` as JSON; says a `Swap` as JSON in the last line of standard output.
 */
import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Release } from '../../firmware/contract/intelligence-message.ts';
import { indicatorLine, plantedIndicators } from '../bench/generate-indicators.ts';
import { ReleaseBox } from '../centre/story/release-box.ts';
import { ReleaseCentre } from '../centre/story/release-centre.ts';
import { until } from '../firmware/agent/uplink/listener.ts';
import { Random } from '../fuzz/random.ts';
import type { Swap, SwapOrder, Taking } from './measure-swap.ts';
import { type Sent, sendAtRate } from './tcpreplay.ts';

const sampleMs = 20;
const armedTimeoutMs = 120_000;
/** Of the list, from one release to the next. */
const changedShare = 0.01;
const seed = 20_200_121;

class Run {
  readonly #order: SwapOrder;
  readonly #centre: ReleaseCentre;
  readonly #box: ReleaseBox;

  constructor(order: SwapOrder, centre: ReleaseCentre, box: ReleaseBox) {
    this.#order = order;
    this.#centre = centre;
    this.#box = box;
  }

  async swap(): Promise<Swap> {
    await until(() => this.#centre.health?.capture.state === 'running', 'a running capture', armedTimeoutMs);
    const whole = await this.#take(await this.#release(1));
    const difference = this.#order.isThorough ? await this.#take(await this.#release(2)) : undefined;
    const last = await this.#release(3);
    const { sending, sent } = this.#send();
    await sleep(this.#order.orderAfterMs);
    const underLoad = await this.#take(last, { restsBefore: false });
    const { packets } = await sending;
    const isSwappedMeanwhile = underLoad.armedAtMs < sent.overAtMs;
    return { whole, ...(difference && { difference }), underLoad, isSwappedMeanwhile, sent: packets, ...(await this.#seen(packets)) };
  }

  async #release(round: number): Promise<Release> {
    const { indicators, folder } = this.#order;
    const file = join(folder, 'swap.txt');
    const random = new Random(seed);
    const lines = [...plantedIndicators()];
    while (lines.length < indicators) lines.push(indicatorLine(random));
    const changed = new Random(seed + round);
    for (let left = round === 1 ? 0 : indicators * changedShare; left > 0; left--)
      lines[plantedIndicators().length + changed.below(indicators - plantedIndicators().length)] = indicatorLine(changed);
    writeFileSync(file, `${lines.join('\n')}\n`);
    await this.#centre.done('intel', 'import', file, '--source', 'bench');
    await this.#centre.done('intel', 'build');
    return this.#centre.publish();
  }

  async #take(release: Release, { restsBefore = true } = {}): Promise<Taking> {
    const { restMs } = this.#order;
    const [sensor, agent] = [this.#box.process('sensor'), this.#box.process('agent')];
    if (sensor === undefined || agent === undefined) throw new Error(`the box does not run: ${this.#box.log.slice(-2_000)}`);
    if (restsBefore) await sleep(restMs);
    const steady = { sensor: sensor.residentMegabytes, agent: agent.residentMegabytes };
    const before = { sensor: sensor.cpuSeconds(), agent: agent.cpuSeconds(), fetcher: agent.cpuSeconds(true) };
    sensor.forgetPeak();
    agent.forgetPeak();
    let [total, fetcher] = [0, 0];
    const sample = () => {
      const fetching = this.#box.fetcher?.residentMegabytes ?? 0;
      fetcher = Math.max(fetcher, fetching);
      total = Math.max(total, fetching + sensor.residentMegabytes + agent.residentMegabytes);
    };
    const sampling = setInterval(sample, sampleMs);
    const startMs = performance.now();
    await this.#centre.order(release);
    const { bytesFetched = Number.NaN } = await this.#centre.reported(release.version, 'armed', {}, 0, armedTimeoutMs);
    const armedAtMs = performance.now();
    const cpu = { sensor: sensor.cpuSeconds(), agent: agent.cpuSeconds(), fetcher: agent.cpuSeconds(true) };
    await this.#centre.reported(release.version, 'armed', { confirmed: true }, 0, armedTimeoutMs);
    clearInterval(sampling);
    const [peakOfSensor, peakOfAgent] = [sensor.peakMegabytes, agent.peakMegabytes];
    await sleep(restMs);
    return {
      bytesFetched,
      setBytes: statSync(this.#centre.releases.files(release.version).set).size,
      armedAtMs,
      seconds: (armedAtMs - startMs) / 1_000,
      cpuSeconds: { sensor: cpu.sensor - before.sensor, agent: cpu.agent - before.agent, fetcher: cpu.fetcher - before.fetcher },
      steady,
      after: { sensor: sensor.residentMegabytes, agent: agent.residentMegabytes },
      peak: { sensor: peakOfSensor, agent: peakOfAgent, fetcher, total },
    };
  }

  #send(): { sending: Promise<Sent>; sent: { overAtMs: number } } {
    const { switch: name, capture, packetsPerSecond } = this.#order;
    const sent = { overAtMs: Number.POSITIVE_INFINITY };
    const sending = sendAtRate({ switch: name }, capture, packetsPerSecond).finally(() => {
      sent.overAtMs = performance.now();
    });
    return { sending, sent };
  }

  /** What the sensor says of its capture once so many frames came in or were lost, or no more come. */
  async #seen(count: number): Promise<Pick<Swap, 'packets' | 'kernelDropped' | 'shedding' | 'caughtBugs' | 'timerLateMs'>> {
    for (let seen = -1; ; ) {
      const { capture, decode, sensorProcess } = this.#centre.health ?? {};
      const { packets = 0, kernelDropped = Number.NaN, shedding = true } = capture ?? {};
      const isQuiet = packets === seen || packets + kernelDropped >= count;
      if (isQuiet)
        return {
          packets,
          kernelDropped,
          shedding,
          caughtBugs: decode?.caughtBugs ?? Number.NaN,
          timerLateMs: sensorProcess?.timerLateMs ?? Number.NaN,
        };
      seen = packets;
      // Longer than from one report of the sensor to the next.
      await sleep(1_500);
    }
  }
}

const order = JSON.parse(process.argv[2] ?? '{}') as SwapOrder;
const centre = await ReleaseCentre.start('swap-01');
let box: ReleaseBox | undefined;
try {
  await centre.serve();
  const { kernelBufferBytes } = order;
  box = new ReleaseBox(centre, { config: { capture: { interface: 'tap0', ...(kernelBufferBytes && { kernelBufferBytes }) } } });
  const swap = await new Run(order, centre, box).swap();
  process.stdout.write(`${JSON.stringify(swap)}\n`);
} finally {
  await box?.stop();
  await centre.stop();
}
