import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { connectAsync } from 'mqtt';
import { describe, expect, it } from 'vitest';
import { startBroker } from '../../../centre/demo/broker.ts';
import { until } from '../../firmware/agent/uplink/listener.ts';

const isAlive = (pid: number) => existsSync(`/proc/${pid}/cmdline`);
const module = new URL('../../../centre/demo/broker.ts', import.meta.url).href;

describe('the broker of the demonstration', () => {
  it('accepts MQTT 5 once it is started, on loopback, and is gone with its folder once it is stopped', async () => {
    const broker = await startBroker();
    expect(broker.url).toBe(`mqtt://127.0.0.1:${broker.port}`);
    const client = await connectAsync(broker.url, { protocolVersion: 5 });
    await client.endAsync();
    expect(existsSync(broker.folder)).toBe(true);
    await broker.stop();
    await broker.stop();
    expect(isAlive(broker.pid)).toBe(false);
    expect(existsSync(broker.folder)).toBe(false);
  });

  it('says why it could not start', async () => {
    await expect(startBroker({ configuration: ['no_such_option 1'] })).rejects.toThrow(/mosquitto ended at its start.*/);
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    await expect(startBroker({ port })).rejects.toThrow(/Address already in use/);
    server.close();
  });

  it('ends with the process that started it, also when that is interrupted', async () => {
    const program = `const { startBroker } = await import(${JSON.stringify(module)});
      const broker = await startBroker();
      process.on('SIGINT', () => process.exit(0));
      console.log(broker.pid);
      setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = await once(child.stdout, 'data');
    const pid = Number(String(line));
    expect(isAlive(pid)).toBe(true);
    child.kill('SIGINT');
    await once(child, 'exit');
    await until(() => !isAlive(pid), 'the end of the broker');
  }, 15_000);
});
