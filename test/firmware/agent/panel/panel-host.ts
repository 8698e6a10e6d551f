/**
 * A process that judges and shows like the agent, for tests that kill, stop or block it: `node panel-host.ts PORT EVERY_MS`. Says `connected` when
 * the chip has confirmed. On standard input, `block FILE` blocks its event loop until that file is there, and `cpu` has it say the CPU time it has
 * used, in microseconds, and how often it has shown something.
 */
import { existsSync } from 'node:fs';
import { FirmataPanel } from '../../../../firmware/agent/panel/firmata-panel.ts';

const [, , path = '', judgeEveryMs = '200'] = process.argv;
const log = { info: () => process.stdout.write('connected\n'), warn: () => undefined };
const lamps = { ready: 'steady', attention: 'off', c2: 'off', traffic: 'pulse' } as const;
let shown = 0;

const panel = new FirmataPanel({ path, onPress: () => undefined, log });
setInterval(() => {
  shown++;
  panel.show({ display: { lamps, buzzer: false, faults: [] }, judgedAtMs: performance.now(), brightness: 1 });
}, Number(judgeEveryMs));

process.stdin.on('data', (text: Buffer) => {
  const [word, file = ''] = text.toString().split(' ');
  if (word === 'block') {
    while (!existsSync(file));
    return;
  }
  const { user, system } = process.cpuUsage();
  process.stdout.write(`${user + system} ${shown}\n`);
});
