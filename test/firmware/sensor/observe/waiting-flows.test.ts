import { expect, it } from 'vitest';
import { flowOptions } from '../../../../firmware/sensor/observe/options.ts';
import { WaitingFlows, waitingMax } from '../../../../firmware/sensor/observe/waiting-flows.ts';
import { setOf } from '../intel/lists.ts';
import { Sensor } from './sensor.ts';
import { TcpTalk } from './traffic.ts';

it('gives back the flows in the order in which they began, once as many newer ones have', () => {
  const waiting = new WaitingFlows(3);
  const gone: number[] = [];
  for (let flow = 1; flow <= 7; flow++) {
    gone.push(waiting.slot < 0 ? 0 : waiting.serial);
    waiting.put(flow * 10, flow);
  }
  expect(gone).toEqual([0, 0, 0, 1, 2, 3, 4]);
});

it('lets a flood push out its own flows, and no conversation that was answered', () => {
  const sensor = new Sensor(setOf('203.0.113.66'), {}, false);
  const talk = new TcpTalk({ server: '203.0.113.66' });
  sensor.send(...talk.handshake());
  const flood = (number: number) =>
    new TcpTalk({ client: `198.18.${(number >> 8) & 255}.${number & 255}`, server: '10.0.0.80', cport: 1024 + (number >> 16) }).syn();
  for (let number = 0; number < waitingMax + 2000; number++) sensor.send(flood(number));
  const { flows } = sensor.pipeline.observer;
  expect(flows.live).toBeLessThanOrEqual(waitingMax + 1);
  expect(flows.live).toBeLessThan(flowOptions.parse({}).flowsMax);
  expect([flows.replaced > 0, flows.refused]).toEqual([true, 0]);
  sensor.send(talk.says(Buffer.from('here')), talk.answers(Buffer.from('there'))).finish();
  expect(sensor.lastAlerts).toMatchObject([{ stage: 'exchange', count: 1 }]);
});
