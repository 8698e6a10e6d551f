import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { optionsOf } from '../../appliance/configuration-page.ts';
import { references } from '../../appliance/generate-references.ts';
import { boxConfigSchema } from '../../firmware/config.ts';

const committed = (path: string) => readFileSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)), 'utf8');

describe('the generated references', () => {
  it.each([...references().keys()])('%s is what the code says today (else: npm run generate)', (path) => {
    expect(committed(path)).toBe(references().get(path));
  });

  it('leave messages open to fields of later versions, and refuse unknown options of the configuration', () => {
    const answers = ['config-reported-1', 'command-response-1', 'retro-match-1', 'intel-current-1'];
    for (const name of ['alert-1', 'health-1', 'presence-1', 'loss-1', 'ack-1', 'centre-state-1', 'centre-alert-1', ...answers]) {
      const text = committed(`firmware/contract/schema/${name}.schema.json`);
      expect(text).not.toContain('"additionalProperties": false');
      expect(JSON.parse(text)).toMatchObject({ type: 'object', properties: { schema: { const: name.replace(/-(?=\d+$)/, '/') } } });
    }
    const schema = JSON.parse(committed('firmware/contract/schema/box-configuration.schema.json')) as object;
    expect(schema).toMatchObject({ additionalProperties: false });
  });

  it('refuse what is unknown in all that is signed or sealed with a code', () => {
    for (const name of ['config-desired-1', 'command-request-1', 'claim-1', 'claim-request-1', 'certificate-request-1', 'settings']) {
      expect(JSON.parse(committed(`firmware/contract/schema/${name}.schema.json`))).toMatchObject({ additionalProperties: false });
    }
  });

  it('describe every option', () => {
    const silent = optionsOf(z.toJSONSchema(boxConfigSchema, { io: 'input' }), '').filter(({ description }) => description === '');
    expect(silent.map(({ path }) => path)).toEqual([]);
  });
});
