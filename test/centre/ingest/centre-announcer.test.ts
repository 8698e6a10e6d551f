import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Broker, startBroker } from '../../../centre/demo/broker.ts';
import { type CentreState, centreStateSchema } from '../../../firmware/contract/centre-state.ts';
import { broadcast } from '../../../firmware/contract/topics.ts';
import { listen, type TestListener, until } from '../../firmware/agent/uplink/listener.ts';
import { type IngestProcess, startIngest, temporaryFolder } from './ingest-process.ts';

/** Long enough for whoever would still speak to have spoken: the longest wait, and the pause between two words of one process. */
const quietMs = 1_600;

let broker: Broker;
let folder: ReturnType<typeof temporaryFolder>;
let listener: TestListener;
let ingests: IngestProcess[];
beforeEach(async () => {
  broker = await startBroker();
  folder = temporaryFolder();
  listener = await listen(broker.url);
  ingests = [];
});
afterEach(async () => {
  for (const ingest of ingests) await ingest.stop('SIGKILL');
  await listener.client.endAsync(true);
  await broker.stop();
  folder.remove();
});

const words = (): CentreState[] => listener.of(broadcast.centreState).map(({ body }) => centreStateSchema.parse(JSON.parse(body)));
const isOnline = () => words().at(-1)?.online === true;
const roundsMax = 6;
const quiet = async () => {
  for (let round = 0; round < roundsMax; round++) {
    const before = words().length;
    await new Promise((resolve) => setTimeout(resolve, quietMs));
    if (words().length === before) return;
  }
  throw new Error(`they talk without end: ${JSON.stringify(words())} ${ingests.map(({ said }) => said.err).join('')}`);
};

/** One after another, so that each comes to a centre that is there. */
async function start(...names: string[]): Promise<void> {
  for (const name of names) ingests.push(await startIngest(broker.url, folder.store, '--name', name));
  await until(isOnline, 'the centre to be there');
}

describe('the state of the centre', () => {
  it('says offline when the only process goes, killed or stopped, and online with another generation when one comes', async () => {
    await start('one');
    const [first] = words();
    await ingests[0]?.stop('SIGKILL');
    await until(() => !isOnline(), 'the will');
    await start('one-again');
    expect(words().at(-1)?.generation).not.toBe(first?.generation);
    await ingests[1]?.stop('SIGTERM');
    await until(() => !isOnline(), 'the goodbye');
    const late = await listen(broker.url);
    await until(() => late.of(broadcast.centreState).length > 0, 'the retained state');
    expect(JSON.parse(late.of(broadcast.centreState)[0]?.body ?? '')).toMatchObject({ online: false });
    await late.client.endAsync(true);
  }, 40_000);

  it('is contradicted by those of three that live, with another generation, and without an endless exchange', async () => {
    await start('one', 'two', 'three');
    await quiet();
    const before = words();
    // Each that came said so once at most.
    expect(before.length).toBeLessThanOrEqual(3);
    await ingests[0]?.stop('SIGKILL');
    await until(() => words().length > before.length + 1 && isOnline(), 'the contradiction');
    await quiet();
    const after = words().slice(before.length);
    expect(after[0]?.online).toBe(false);
    expect(after.at(-1)?.online).toBe(true);
    expect(before.map(({ generation }) => generation)).not.toContain(after.at(-1)?.generation);
    // The will, the contradiction, and at most one more where two spoke at the same moment.
    expect(after.length).toBeLessThanOrEqual(3);
  }, 60_000);

  it('is told anew where somebody wipes it out, or says what is no state', async () => {
    await start('one', 'two');
    await quiet();
    const before = words().length;
    await listener.client.publishAsync(broadcast.centreState, 'noise', { qos: 1, retain: true });
    await until(() => {
      const last = listener.of(broadcast.centreState).at(-1)?.body ?? '';
      return listener.of(broadcast.centreState).length > before + 1 && last.includes('"online":true');
    }, 'the contradiction');
  }, 40_000);
});
