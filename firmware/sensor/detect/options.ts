/** The options of every detector, a line each. */
import { z } from 'zod';
import { knownBadOptions } from './known-bad-options.ts';

export const detectOptions = z.strictObject({ knownBad: knownBadOptions.prefault({}) });
export type DetectOptions = z.infer<typeof detectOptions>;
