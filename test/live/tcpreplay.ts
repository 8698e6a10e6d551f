/** Sends a capture file's frames out of the switch of a mirror port at a steady rate, and says what rate was reached. */
import { spawn } from 'node:child_process';
import type { MirrorPort } from '../firmware/sensor/capture/namespaces.ts';

export interface Sent {
  packets: number;
  seconds: number;
  packetsPerSecond: number;
}

/** Resolves when all is sent. Unlike `MirrorPort.send` it leaves the event loop free. */
export function sendAtRate(
  port: Pick<MirrorPort, 'switch'>,
  path: string,
  packetsPerSecond: number,
  ...options: readonly string[]
): Promise<Sent> {
  const words = ['netns', 'exec', port.switch, 'tcpreplay', '-i', 'out0', `--pps=${packetsPerSecond}`, ...options, path];
  return new Promise((resolve, reject) => {
    const child = spawn('ip', words, { stdio: ['ignore', 'pipe', 'pipe'] });
    const killWithUs = () => child.kill('SIGKILL');
    process.once('exit', killWithUs);
    let said = '';
    const keep = (text: Buffer) => {
      said = (said + text.toString()).slice(-10_000);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.on('error', reject);
    child.on('close', (status) => {
      process.off('exit', killWithUs);
      const actual = /Actual: (\d+) packets .* sent in ([\d.]+) seconds/.exec(said);
      const rated = /([\d.]+) pps/.exec(said);
      if (status !== 0 || actual === null || rated === null)
        reject(new Error(`tcpreplay ended with ${status}: ${said.trim().slice(-1000)}`));
      else resolve({ packets: Number(actual[1]), seconds: Number(actual[2]), packetsPerSecond: Number(rated[1]) });
    });
  });
}
