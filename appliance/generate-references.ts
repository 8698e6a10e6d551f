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
import { certificateAnswerSchema, certificateRequestSchema, claimFileSchema, claimRequestSchema } from '../firmware/contract/claim.ts';
import { commandRequestSchema, commandResponseSchema } from '../firmware/contract/command-message.ts';
import { configDesiredSchema, configReportedSchema } from '../firmware/contract/config-message.ts';
import { envelopeSchema } from '../firmware/contract/envelope.ts';
import { healthSchema } from '../firmware/contract/health.ts';
import { intelligenceCurrentSchema, intelligenceReportedSchema } from '../firmware/contract/intelligence-message.ts';
import { lossSchema } from '../firmware/contract/loss.ts';
import { presenceSchema } from '../firmware/contract/presence.ts';
import { retroMatchResultSchema } from '../firmware/contract/sighting.ts';
import { settingsSchema } from '../firmware/settings.ts';
import { configurationPage } from './configuration-page.ts';
import { settingsPage } from './settings-page.ts';

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
    [`${folder}/config-desired-1.schema.json`, text(configDesiredSchema)],
    [`${folder}/config-reported-1.schema.json`, text(configReportedSchema)],
    [`${folder}/command-request-1.schema.json`, text(commandRequestSchema)],
    [`${folder}/command-response-1.schema.json`, text(commandResponseSchema)],
    [`${folder}/retro-match-1.schema.json`, text(retroMatchResultSchema)],
    [`${folder}/claim-1.schema.json`, text(claimFileSchema)],
    [`${folder}/claim-request-1.schema.json`, text(claimRequestSchema)],
    [`${folder}/certificate-request-1.schema.json`, text(certificateRequestSchema)],
    [`${folder}/certificate-answer-1.schema.json`, text(certificateAnswerSchema)],
    [`${folder}/intel-current-1.schema.json`, text(intelligenceCurrentSchema)],
    [`${folder}/intel-reported-1.schema.json`, text(intelligenceReportedSchema)],
    [`${folder}/envelope.schema.json`, text(envelopeSchema)],
    [`${folder}/settings.schema.json`, text(settingsSchema)],
    [`${folder}/box-configuration.schema.json`, text(configuration)],
    ['firmware/CONFIGURATION.md', configurationPage(jsonSchema(configuration))],
    ['centre/SETTINGS.md', settingsPage(jsonSchema(settingsSchema))],
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
