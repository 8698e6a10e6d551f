/** Bytes from `cmd/req` -> a command to this box with checked arguments, or why it is refused. Judges everything but its time and whether it is new. Pure. */
import type { KeyObject } from 'node:crypto';
import { z } from 'zod';
import {
  type CommandFaultCode,
  type CommandName,
  type CommandRequest,
  commandArguments,
  commandLifetimeSecondsMax,
  commandRequestSchema,
} from '../../contract/command-message.ts';
import { payloadTypes } from '../../contract/envelope.ts';
import { faultsOf, type OrderFault, openOrder } from '../orders/signed-order.ts';

/** What each command takes, checked. */
export type CommandArguments = { [Name in CommandName]: z.infer<(typeof commandArguments)[Name]> };

export interface SignedCommand {
  request: CommandRequest;
  /** Checked, with defaults: what `request.command` takes. */
  arguments: CommandArguments[CommandName];
  signer: string;
}

export interface RefusedCommand {
  code: CommandFaultCode;
  message: string;
  /** Whether a director of this box has signed it, for this box. */
  isOurs: boolean;
  id?: string;
  command?: string;
  signer?: string;
  author?: string;
}

const namedSchema = z.object({ box: z.string(), id: z.string().max(64), command: z.string().max(64) });

/** Never throws. */
export function readCommand(bytes: Uint8Array, box: string, keys: readonly KeyObject[]): SignedCommand | RefusedCommand {
  const opened = openOrder(bytes, payloadTypes.command, keys);
  if ('fault' in opened) return { code: opened.fault.code, message: opened.fault.message, isOurs: false };
  const { signer, document } = opened;
  const parsed = commandRequestSchema.safeParse(document);
  if (!parsed.success) {
    const named = namedSchema.safeParse(document);
    const isOurs = named.success && named.data.box === box;
    const about = isOurs ? { id: named.data.id, command: named.data.command } : {};
    return { code: 'malformed', message: inWords(faultsOf(parsed.error, 'malformed')), isOurs, signer, ...about };
  }
  const request = parsed.data;
  const { id, command, author } = request;
  const about = { signer, id, command, ...(author === undefined ? {} : { author }) };
  if (request.box !== box) return { code: 'other-box', message: `is for another box: ${request.box}`, isOurs: false, ...about };
  const refused = (code: CommandFaultCode, message: string): RefusedCommand => ({ code, message, isOurs: true, ...about });
  const lifetimeMs = Date.parse(request.expires) - Date.parse(request.issued);
  if (lifetimeMs <= 0) return refused('lifetime', 'expires before it is issued');
  if (lifetimeMs > commandLifetimeSecondsMax * 1_000) return refused('lifetime', `is valid for more than ${commandLifetimeSecondsMax} s`);
  const checked = commandArguments[command].safeParse(request.arguments);
  if (!checked.success) return refused('invalid-arguments', inWords(faultsOf(checked.error, 'invalid-arguments')));
  return { request, arguments: checked.data, signer };
}

function inWords(faults: readonly OrderFault<string>[]): string {
  return faults
    .map(({ path, message }) => (path === '' ? message : `${path}: ${message}`))
    .join('; ')
    .slice(0, 1000);
}
