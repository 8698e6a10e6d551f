/** The options of every stage of the pipeline. Apart from it, since the agent and the centre check options and have no pipeline to load. */
import { z } from 'zod';
import { alertOptions } from './alert/options.ts';
import { detectOptions } from './detect/options.ts';
import { observeOptions } from './observe/options.ts';

export const pipelineOptions = z.strictObject({
  ...observeOptions.shape,
  detectors: detectOptions.prefault({}),
  alerts: alertOptions.prefault({}),
});
export type PipelineOptions = z.infer<typeof pipelineOptions>;
