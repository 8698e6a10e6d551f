/**
 * That the box is there, or is not: what the broker retains and speaks as its will, and what is kept for the history. Numbers the sessions, so that a late
 * will is not taken for news.
 */
import { uptime } from 'node:os';
import type { Presence } from '../contract/presence.ts';
import type { OutboxWriter } from '../outbox/outbox.ts';

export interface PresenceParts {
  box: string;
  agency: () => string | undefined;
  boot: string;
  /** Version of this product. */
  version: string;
  /** Of the indicators in use. */
  bundle: () => string | undefined;
  outbox: Pick<OutboxWriter, 'append'>;
}

export class BoxPresence {
  readonly #parts: PresenceParts;
  #session = 0;

  constructor(parts: PresenceParts) {
    this.#parts = parts;
  }

  /** Grows within a boot of the machine, also over restarts of this process: the time since the boot, in ms. */
  nextSession(): number {
    this.#session = Math.max(this.#session + 1, Math.floor(uptime() * 1_000));
    return this.#session;
  }

  message(state: { online: boolean; planned?: boolean; session: number }): Presence {
    const { box, agency: named, boot, version, bundle: loaded } = this.#parts;
    const [agency, bundle] = [named(), loaded()];
    return {
      schema: 'presence/1',
      box,
      ...(agency === undefined ? {} : { agency }),
      boot,
      ...state,
      ts: new Date().toISOString(),
      versions: { firmware: version, node: process.versions.node, ...(bundle === undefined ? {} : { intel: bundle }) },
    };
  }

  /** For the history: what happened reaches the centre also where there was no link at the time. */
  keep(what: Pick<Presence, 'online' | 'planned' | 'event'>): void {
    const presence: Presence = { ...this.message({ online: what.online, session: Math.max(1, this.#session) }), ...what };
    this.#parts.outbox.append({ kind: 'presence', body: JSON.stringify(presence) });
  }
}
