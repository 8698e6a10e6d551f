/** The sensor process: frames from the mirror port (or a file) through the pipeline, alerts into the outbox, counters to the agent. Wiring only. */
import { pino } from 'pino';
import { socketPath } from '../boot.ts';
import { onStop } from '../command/child-state.ts';
import { AgentChannel } from './agent-channel.ts';
import { Intelligence } from './intelligence.ts';
import { Sensor } from './sensor.ts';
import { readSensorConfig } from './sensor-config.ts';

export interface SensorCommandOptions {
  config?: string;
}

export async function runSensor(options: SensorCommandOptions): Promise<void> {
  const start = readSensorConfig(options.config);
  const log = pino({ base: { process: 'sensor' } });
  let sensor: Sensor | undefined;
  /** What was asked for while there was no sensor yet. */
  const asked = { stop: false, restart: false, reload: false, files: false };
  // Listened for from the start: a signal that nobody listens for would end the process while it reads its lists.
  onStop(() => {
    asked.stop = true;
    sensor?.stop();
  });
  process.on('SIGHUP', () => {
    asked.files = true;
    sensor?.reload({ files: true });
  });
  const channel = new AgentChannel({
    path: socketPath(start.config),
    onChange: (text) => log.info({}, text),
    onLost: (count) => sensor?.lostWithAgent(count),
    onReload: () => {
      asked.reload = true;
      sensor?.reload();
    },
    onRestart: () => {
      asked.restart = true;
      sensor?.restart();
    },
  });
  // The agent hears at once that there is a sensor again, which then takes its time to read the lists.
  channel.start();
  const intelligence = await Intelligence.open({
    paths: start.config.intel,
    allow: start.config.allow,
    onLoaded: (indicators) => sensor?.load(indicators),
    onChange: () => sensor?.report(),
    log,
  });
  intelligence.give(start.config, start.givenSource);
  await intelligence.want(start.release, start.releaseError);
  sensor = new Sensor({ start, path: options.config, intelligence, channel, log });
  if (asked.reload || asked.files) sensor.reload({ files: asked.files });
  if (asked.restart) sensor.restart();
  if (asked.stop) sensor.stop();
  const exitCode = await sensor.run();
  // A capture session on a silent interface would hold the process until its next frame.
  process.exit(exitCode);
}
