import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { MirrorFlow, readInterfaceCount } from '../../../../firmware/agent/health/mirror-flow.ts';

const up = (rxPackets: number) => ({ operState: 'up', rxPackets });

describe('the count of an interface', () => {
  it('is that of the kernel, and none where it has no such interface', () => {
    expect(readInterfaceCount('lo')).toMatchObject({ operState: 'unknown', rxPackets: expect.any(Number) });
    expect(readInterfaceCount('absent0')).toBeUndefined();
    expect(readInterfaceCount('any')).toBeUndefined();
  });

  it('is none where what stands there is no number', () => {
    const folder = mkdtempSync(join(tmpdir(), 'vonggac-flow-'));
    mkdirSync(join(folder, 'eth1', 'statistics'), { recursive: true });
    writeFileSync(join(folder, 'eth1', 'operstate'), 'up\n');
    writeFileSync(join(folder, 'eth1', 'statistics', 'rx_packets'), 'many\n');
    expect(readInterfaceCount('eth1', folder)).toBeUndefined();
    writeFileSync(join(folder, 'eth1', 'statistics', 'rx_packets'), '12\n');
    expect(readInterfaceCount('eth1', folder)).toEqual(up(12));
    rmSync(folder, { recursive: true, force: true });
  });
});

describe('the flow of a mirror port', () => {
  it('says nothing while packets come, however few', () => {
    const flow = new MirrorFlow();
    for (let second = 0; second <= 600; second += 10) {
      flow.sample(second % 50 === 0 ? second : second - (second % 50), up(second * 1_000), second * 1_000);
      expect(flow.silence).toBeUndefined();
    }
  });

  it('tells after a minute of nothing what the interface received meanwhile, and anew each minute', () => {
    const flow = new MirrorFlow();
    for (let second = 0; second <= 50; second += 10) flow.sample(7, up(1_000), second * 1_000);
    expect(flow.silence).toBeUndefined();
    flow.sample(7, up(1_500), 60_000);
    expect(flow.silence).toEqual({ seconds: 60, received: 500, operState: 'up' });
    flow.sample(7, up(1_500), 119_000);
    expect(flow.silence?.received).toBe(500);
    flow.sample(7, up(1_503), 121_000);
    expect(flow.silence).toEqual({ seconds: 61, received: 3, operState: 'up' });
    flow.sample(8, up(1_504), 122_000);
    expect(flow.silence).toBeUndefined();
  });

  it('begins anew with another sensor process, another interface, and when the capture runs again', () => {
    for (const interrupt of [
      (flow: MirrorFlow) => flow.sample(0, up(1_000), 55_000),
      (flow: MirrorFlow) => flow.sample(7, up(3), 55_000),
      (flow: MirrorFlow) => flow.sample(undefined, up(1_000), 55_000),
      (flow: MirrorFlow) => flow.sample(7, undefined, 55_000),
    ]) {
      const flow = new MirrorFlow();
      flow.sample(7, up(1_000), 0);
      interrupt(flow);
      flow.sample(7, up(9_000), 61_000);
      expect(flow.silence).toBeUndefined();
    }
  });
});
