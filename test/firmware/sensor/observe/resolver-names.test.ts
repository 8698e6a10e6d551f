import { expect, it } from 'vitest';
import { isResolverName } from '../../../../firmware/sensor/observe/resolver-names.ts';

it.each(['dns.google', 'cloudflare-dns.com', 'mozilla.cloudflare-dns.com', 'a1b2c3.dns.nextdns.io', 'one.one.one.one', 'dns.quad9.net'])(
  'knows %s as a resolver',
  (name) => {
    expect(isResolverName(name)).toBe(true);
  },
);

it.each([
  'google',
  'www.quad9.net',
  'quad9.net',
  'xdns.google',
  'dns.google.example',
  'notcloudflare-dns.com',
  'nextdns.io',
  '',
  '.',
  '.com',
  'com',
])('takes "%s" for no resolver', (name) => {
  expect(isResolverName(name)).toBe(false);
});

it('takes a hello without a name for nobody in particular', () => {
  expect(isResolverName(undefined)).toBe(false);
});
