/**
 * A ConfigKeeper in a process of its own, to be killed: takes orders from a file as fast as it can, and writes a line for each that it reported as
 * applied. Its sensor reads its file as a real one does.
 */
import { createPublicKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigKeeper } from '../../../../firmware/agent/config/config-keeper.ts';
import { TrustedTime } from '../../../../firmware/agent/orders/trusted-time.ts';
import type { SensorReport } from '../../../../firmware/contract/health.ts';

const [folder = '', ordersFile = '', keyFile = ''] = process.argv.slice(2);
const orders: { seq: number; envelope: string }[] = JSON.parse(readFileSync(ordersFile, 'utf8'));
const inForce = join(folder, 'in-force.json');
let settings: SensorReport['settings'];
const keeper = new ConfigKeeper({
  box: 'box-0001',
  boot: 'boot-1',
  files: { folder, inForce },
  directorKeys: [createPublicKey(readFileSync(keyFile))],
  check: () => [],
  sensor: {
    isConnected: true,
    report: () => ({
      capture: { state: 'running', source: 'eth1', shedding: false, packets: 0, bytes: 0 },
      ...(settings === undefined ? {} : { settings }),
    }),
    tellReload() {
      try {
        const { hash, seq } = JSON.parse(readFileSync(inForce, 'utf8'));
        settings = { hash, seq };
      } catch {
        settings = {};
      }
    },
  },
  uplink: () => ({}),
  apply: () => undefined,
  publish: ({ state, seq }) => {
    process.stdout.write(`${state} ${seq ?? 0}\n`);
    // Rolled back at its start, as after too many kills in a trial, it goes on with the next one all the same.
    next(state === 'none' ? 0 : (seq ?? 0));
  },
  time: new TrustedTime({
    file: join(folder, 'time.json'),
    builtMs: Date.parse('2026-01-01T00:00:00Z'),
    clock: () => ({ nowMs: Date.now(), synced: true }),
    onProblem: (text) => process.stdout.write(`problem ${text}\n`),
  }),
  ledger: { record: () => undefined },
  log: { info: () => undefined, warn: (fields, text) => process.stdout.write(`problem ${text} ${JSON.stringify(fields)}\n`) },
  limits: { trialMs: 3, takeUpMs: 10_000, turnMs: 1, takingUpTurnMs: 1, settleMs: 0 },
});

function next(after: number): void {
  const order = orders.find(({ seq }) => seq > after);
  if (order !== undefined) setImmediate(() => keeper.desired({ payload: Buffer.from(order.envelope) }));
}

keeper.start();
