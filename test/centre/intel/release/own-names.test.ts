import { describe, expect, it } from 'vitest';
import { centreSchema } from '../../../../centre/centre-folder.ts';
import { ownOf } from '../../../../centre/intel/release/own-names.ts';

const centre = (more: object) => centreSchema.parse({ schema: 'centre/1', name: 'Test', host: '203.0.113.5', ...more });

describe('what belongs to a centre', () => {
  it('is every name and address by which it is reached', async () => {
    const { all, unknown } = await ownOf(
      centre({ otherHosts: ['2001:db8::5'], serve: { host: '203.0.113.6' }, ownNames: ['mail.example.org', '198.51.100.0/24'] }),
    );
    expect(all).toEqual(['203.0.113.5', '2001:db8::5', '127.0.0.1', '203.0.113.6', 'mail.example.org', '198.51.100.0/24']);
    expect(unknown).toEqual([]);
  });

  it('is also what its names stand for now; a name that nobody knows is told', async () => {
    const { all, unknown } = await ownOf(centre({ host: 'localhost', otherHosts: ['centre.invalid'] }));
    expect(all.filter((text) => text === '127.0.0.1' || text === '::1').length).toBeGreaterThan(1);
    expect(unknown).toEqual(['centre.invalid']);
  });
});
