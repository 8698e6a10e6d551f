import { describe, expect, it } from 'vitest';
import { readCredentials } from '../../../../firmware/agent/uplink/credentials.ts';
import { uplinkOptionsSchema } from '../../../../firmware/agent/uplink/options.ts';
import { folderOf } from './bench.ts';
import { Certificates } from './certificates.ts';

describe('the client certificate of a box', () => {
  it('is spoken of when the clock of the box says that it is over, or not yet begun', async () => {
    const made = new Certificates(folderOf());
    made.authority('ca');
    made.sign('box', '/CN=box-1', 'extendedKeyUsage=clientAuth');
    const options = uplinkOptionsSchema.parse({ url: 'mqtts://b', certFile: made.at('box.pem'), keyFile: made.at('box.key') });
    expect((await readCredentials(options)).warning).toBeUndefined();
    const dayMs = 86_400_000;
    expect((await readCredentials(options, Date.now() + 3 * dayMs)).warning).toMatch(
      /box\.pem expired on .*; have the centre issue a new one$/,
    );
    // A Pi has no clock of its own: without a time server it begins in the past.
    expect((await readCredentials(options, 0)).warning).toMatch(
      /is valid from .* on, and the box’s clock says 1970-01-01T.*; set the clock$/,
    );
  });
});
