#!/usr/bin/env node
/**
 * The schemas in the code -> references for people and other programs: JSON Schema of each message and of the configuration, and the page that
 * explains every option. `npm run generate` writes them; a test compares them with the code, so that neither is changed alone.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { boxConfigSchema } from '../firmware/config.ts';
import { ackSchema } from '../firmware/contract/ack.ts';
import { alertSchema } from '../firmware/contract/alert.ts';
import { centreAlertSchema } from '../firmware/contract/centre-alert.ts';
import { centreStateSchema } from '../firmware/contract/centre-state.ts';
import { healthSchema } from '../firmware/contract/health.ts';
import { lossSchema } from '../firmware/contract/loss.ts';
import { presenceSchema } from '../firmware/contract/presence.ts';
import { configurationPage } from './configuration-page.ts';

const dialect = 'https://json-schema.org/draft/2020-12/schema';
const folder = 'firmware/contract/schema';
const configuration = boxConfigSchema.meta({ title: 'Configuration of a box' });

/** The way in: options with a default may be left out, and messages may carry more than this version knows. */
function jsonSchema(schema: z.ZodType): z.core.JSONSchema.BaseSchema {
  const { $schema: _, $defs, $ref, id: __, ...rest } = z.toJSONSchema(schema, { io: 'input' });
  // A schema with an id is given as a reference to its only definition; readers want the definition itself.
  const { id: ___, ...definition } = Object.values($defs ?? {})[0] ?? {};
  return $ref === undefined ? { $schema: dialect, ...rest } : { $schema: dialect, ...definition };
}

function text(schema: z.ZodType): string {
  return `${JSON.stringify(jsonSchema(schema), null, 2)}\n`;
}

/** Path from the root of the project -> content. */
export function references(): Map<string, string> {
  return new Map([
    [`${folder}/alert-1.schema.json`, text(alertSchema)],
    [`${folder}/health-1.schema.json`, text(healthSchema)],
    [`${folder}/presence-1.schema.json`, text(presenceSchema)],
    [`${folder}/loss-1.schema.json`, text(lossSchema)],
    [`${folder}/ack-1.schema.json`, text(ackSchema)],
    [`${folder}/centre-state-1.schema.json`, text(centreStateSchema)],
    [`${folder}/centre-alert-1.schema.json`, text(centreAlertSchema)],
    [`${folder}/box-configuration.schema.json`, text(configuration)],
    ['firmware/CONFIGURATION.md', configurationPage(jsonSchema(configuration))],
  ]);
}

if (import.meta.main) {
  for (const [path, content] of references()) {
    const file = fileURLToPath(new URL(`../${path}`, import.meta.url));
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
    process.stdout.write(`${path}\n`);
  }
}
