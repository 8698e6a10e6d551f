/** A sensor's memory in a process of its own, which a test kills: writes down a name each turn and says so. `node box-program.ts FOLDER`. */
import { setTimeout as wait } from 'node:timers/promises';
import { NetworkSet } from '../../../../firmware/sensor/bytes/network.ts';
import { Memory } from '../../../../firmware/sensor/memory/memory.ts';
import { memoryOptions } from '../../../../firmware/sensor/memory/options.ts';
import { Connection } from '../../../../firmware/sensor/observe/event.ts';
import { HostTable } from '../../../../firmware/sensor/observe/host-table.ts';

const folder = process.argv[2] ?? '';
const memory = new Memory({ folder, options: memoryOptions.parse({ flushSeconds: 10 }) });
const recorder = memory.recorder(new NetworkSet(['10.0.0.0/8']), new HostTable(100));
const startMicros = Date.UTC(2026, 0, 19) * 1000;
const connection = new Connection();
Object.assign(connection, {
  flow: 1,
  clientC: 0xffff,
  clientD: (10 << 24) | 5,
  serverC: 0xffff,
  serverD: (203 << 24) | 9,
  serverPort: 443,
  protocol: 6,
});

for (let turn = 0; turn < 10_000; turn++) {
  const tsMicros = startMicros + turn * 10_000_000;
  recorder.tick(tsMicros, () => undefined);
  connection.flow = turn + 1;
  connection.serverPort = turn + 1;
  recorder.observe({ kind: 'flow', phase: 'start', connection, tsMicros }, () => undefined);
  await wait(1);
  const { writtenBytes, days, fault } = memory.state;
  if (fault !== undefined) throw new Error(fault);
  process.stdout.write(`${JSON.stringify({ turn, writtenBytes, days })}\n`);
}
