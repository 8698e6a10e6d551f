/** A director with a key, and the orders that it signs. */
import { generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto';
import type { CommandRequest } from '../../../../firmware/contract/command-message.ts';
import { type ConfigDesired, hashOfConfig } from '../../../../firmware/contract/config-message.ts';
import { keyIdOf, type PayloadType, payloadTypes, sealEnvelope } from '../../../../firmware/contract/envelope.ts';

export const box = 'box-0001';
export const bornMs = Date.parse('2026-11-01T00:00:00Z');
export const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

export interface Director {
  publicKey: KeyObject;
  keyId: string;
  /** What it is asked to sign, as it is. */
  seal(document: unknown, type?: PayloadType): Buffer;
  /** A good order, but for what is changed. */
  config(changes: Partial<ConfigDesired> & { seq: number }): Buffer;
  command(changes?: Partial<CommandRequest>): Buffer;
}

export function director(nowMs: () => number = Date.now): Director {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const seal = (document: unknown, type: PayloadType = payloadTypes.configuration) =>
    Buffer.from(JSON.stringify(sealEnvelope(type, Buffer.from(JSON.stringify(document)), privateKey, publicKey)));
  return {
    publicKey,
    keyId: keyIdOf(publicKey),
    seal,
    config: (changes) => seal(desired(changes, nowMs())),
    command: (changes = {}) => seal(request(changes, nowMs()), payloadTypes.command),
  };
}

export function desired(changes: Partial<ConfigDesired> & { seq: number }, nowMs = Date.now()): ConfigDesired {
  const { settings = { healthIntervalSeconds: 30 + (changes.seq % 1000) }, release } = changes;
  return {
    schema: 'config-desired/1',
    box,
    notBefore: new Date(nowMs - 60_000).toISOString(),
    expires: new Date(nowMs + 30 * dayMs).toISOString(),
    hash: hashOfConfig({ settings, release }),
    settings,
    author: 'nguyen.van.an',
    ...changes,
  };
}

export function request(changes: Partial<CommandRequest> = {}, nowMs = Date.now()): CommandRequest {
  return {
    schema: 'command-request/1',
    box,
    id: randomUUID(),
    command: 'identify',
    arguments: {},
    issued: new Date(nowMs).toISOString(),
    expires: new Date(nowMs + 300_000).toISOString(),
    author: 'nguyen.van.an',
    ...changes,
  };
}

export function hashOf(settings: Record<string, unknown>): string {
  return hashOfConfig({ settings, release: undefined });
}
