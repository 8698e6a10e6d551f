import { describe, expect, it } from 'vitest';
import { AnomalyCounter, anomalyNames } from '../../../../firmware/sensor/decode/anomaly.ts';

describe('AnomalyCounter', () => {
  it('counts each anomaly by its name, and all together', () => {
    const counter = new AnomalyCounter();
    expect(counter.total()).toBe(0);
    counter.count('dns.bad-name');
    counter.count('dns.bad-name');
    counter.count('link.truncated');
    expect(counter.counts['dns.bad-name']).toBe(2);
    expect(counter.total()).toBe(3);
  });

  it('has a closed list: no name twice, each a layer and a fault', () => {
    expect(new Set(anomalyNames).size).toBe(anomalyNames.length);
    for (const name of anomalyNames) expect(name).toMatch(/^[a-z]+\.[a-z-]+$/);
    expect(Object.keys(new AnomalyCounter().counts)).toEqual([...anomalyNames]);
  });
});
