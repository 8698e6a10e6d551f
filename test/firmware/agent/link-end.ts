/**
 * Program: `link-end.ts agent|sensor PATH [MODE]`. The agent's end tells each report; MODE `keep` takes what is handed over, `lose` dies
 * before it answers. The sensor's end reports 50 times a second; MODE `busy` does so from inside one long call that never returns to the
 * event loop, as a capture at overload does; `hand-over` hands over.
 */
import { once } from 'node:events';
import { SensorLink } from '../../../firmware/agent/sensor-link.ts';
import { AgentChannel } from '../../../firmware/sensor/agent-channel.ts';
import type { LinkSaid } from './link-process.ts';

const [, , end, path = '', mode] = process.argv;
const reportIntervalMs = 20;
const busyMs = 3_000;

function say(line: LinkSaid): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

function reportOf(packets: number) {
  return { capture: { state: 'running' as const, source: `sensor ${process.pid}`, shedding: false, packets, bytes: 0 } };
}

async function runAgent(): Promise<void> {
  const link: SensorLink = new SensorLink({
    path,
    source: 'eth1',
    log: { info: () => undefined, warn: () => undefined },
    onReport: ({ capture }) => {
      const { supervision } = link.report();
      say({ packets: capture.packets, sensorPid: Number(capture.source.split(' ')[1]), restarts: supervision?.restarts ?? 0 });
    },
    onAppended: () => undefined,
    onHandOver: () => {
      say({ handedOver: true });
      if (mode === 'lose') process.kill(process.pid, 'SIGKILL');
      return true;
    },
  });
  await link.open();
  link.tellClock({ synced: true });
  setInterval(() => say({ residentMegabytes: process.memoryUsage.rss() / 2 ** 20 }), 100);
}

async function runSensor(): Promise<void> {
  const channel = new AgentChannel({ path, onChange: () => say({ connected: channel.isConnected }) });
  channel.start();
  let packets = 0;
  if (mode === 'busy') {
    while (!channel.isConnected) await new Promise((resolve) => setTimeout(resolve, 10));
    const endMs = performance.now() + busyMs;
    for (let nextMs = 0; performance.now() < endMs; ) {
      if (performance.now() < nextMs) continue;
      nextMs = performance.now() + reportIntervalMs;
      channel.report(reportOf(++packets));
    }
  }
  if (mode === 'hand-over') {
    for (let isTaken = false; !isTaken; ) {
      isTaken = channel.isConnected && (await channel.handOver([{ kind: 'alert', body: '{"a":1}' }]));
      if (isTaken) say({ handedOver: true });
      else await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
  setInterval(() => {
    channel.report(reportOf(++packets));
    if (channel.clock !== undefined && packets % 5 === 0) say({ clockSynced: channel.clock.synced });
  }, reportIntervalMs);
}

try {
  await (end === 'agent' ? runAgent() : runSensor());
} catch (error) {
  say({ error: error instanceof Error ? error.message : String(error) });
  process.exit(1);
}
await once(process, 'SIGTERM');
process.exit(0);
