/**
 * What the registrar noticed of a box, on its way to the ingest, which makes an alert of it: on `centre/notice`. No more often than people can read: the
 * same about one box is told once in a while, with the number of times. Bounded, since names may be a stranger's invention.
 */
import { z } from 'zod';

export const noticeKinds = ['box.clone', 'certificate.refused'] as const;
export type NoticeKind = (typeof noticeKinds)[number];

/** Of what a stranger said. */
const textCharactersMax = 500;

export const centreNoticeSchema = z.object({
  schema: z.literal('centre-notice/1'),
  kind: z.enum(noticeKinds),
  box: z.string().regex(/^(-|[a-z0-9-]{4,32})$/),
  text: z.string().max(textCharactersMax),
  times: z.int().min(1).default(1),
});
export type CentreNotice = z.infer<typeof centreNoticeSchema>;

/** Undefined where it is none. Never throws. */
export function readNotice(payload: Uint8Array): CentreNotice | undefined {
  if (payload.length > 8 * textCharactersMax) return undefined;
  try {
    return centreNoticeSchema.safeParse(JSON.parse(Buffer.from(payload).toString('utf8'))).data;
  } catch {
    return undefined;
  }
}

/** The same about the same box is told again after this. */
const quietMs = 60_000;
/** Boxes of which something is told at once; what comes under more names is told of under `-`. */
const namesMax = 500;

interface Told {
  atMs: number;
  heldBack: number;
}

export class Notices {
  readonly #told = new Map<string, Told>();
  readonly #tell: (notice: CentreNotice) => void;
  readonly #nowMs: () => number;

  constructor(tell: (notice: CentreNotice) => void, nowMs: () => number = () => performance.now()) {
    this.#tell = tell;
    this.#nowMs = nowMs;
  }

  /** Returns false where it was held back, to be counted in the next one. */
  happened(kind: NoticeKind, box: string | undefined, text: string): boolean {
    const nowMs = this.#nowMs();
    const name = this.#nameFor(kind, box ?? '-', nowMs);
    const key = `${kind} ${name}`;
    const told = this.#told.get(key);
    if (told !== undefined && nowMs - told.atMs < quietMs) {
      told.heldBack++;
      return false;
    }
    this.#told.set(key, { atMs: nowMs, heldBack: 0 });
    this.#tell({ schema: 'centre-notice/1', kind, box: name, text: text.slice(0, textCharactersMax), times: 1 + (told?.heldBack ?? 0) });
    return true;
  }

  #nameFor(kind: NoticeKind, box: string, nowMs: number): string {
    if (this.#told.has(`${kind} ${box}`) || this.#told.size < namesMax) return box;
    for (const [key, { atMs, heldBack }] of this.#told) if (heldBack === 0 && nowMs - atMs >= quietMs) this.#told.delete(key);
    return this.#told.size < namesMax ? box : '-';
  }
}
