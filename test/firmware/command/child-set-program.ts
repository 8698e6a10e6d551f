/** Program: `child-set-program.ts CONFIG`: supervises two of child-program.ts as `vonggac run` does sensor and agent. */
import { ChildSet } from '../../../firmware/command/child-set.ts';
import type { ChildCommand } from '../../../firmware/command/supervisor.ts';
import { program } from './supervised.ts';

const path = process.argv[2] ?? '';
const command = (name: string): ChildCommand => ({
  name,
  args: [name, path],
  runtimeOptions: [],
  environment: {},
  killAfterMs: 3_000,
  reloads: false,
});
const set = new ChildSet([command('sensor'), command('agent')], { died: () => undefined }, { program });
process.once('SIGTERM', () => set.stop()).once('SIGINT', () => set.stop());
process.exitCode = await set.run();
