/** What the broker took from the box -> what the ledger says of it: the kind by its topic, and of an alert who and what. Never throws. */
import type { Publication } from '../uplink/connection.ts';
import type { SentMessage } from './sent-counts.ts';

/** Alerts are some KB; a longer text is not parsed for the sake of a summary. */
const parsedBytesMax = 64 * 1024;

export function sentMessageOf({ topic, body, correlation }: Publication): SentMessage {
  // vonggac/1/up/{box}/{kind}/…
  const [kind = 'other', second] = topic.split('/').slice(4);
  const bytes = typeof body === 'string' ? Buffer.byteLength(body) : body.byteLength;
  const name = kind === 'config' || kind === 'cmd' || kind === 'intel' || kind === 'certificate' ? `${kind}/${second ?? ''}` : kind;
  const summary = kind === 'alert' && typeof body === 'string' && bytes <= parsedBytesMax ? alertBriefly(body) : undefined;
  return {
    kind: name,
    topic,
    bytes,
    ...(correlation === undefined ? {} : { id: correlation }),
    ...(summary === undefined ? {} : { summary }),
  };
}

interface AlertParts {
  kind?: unknown;
  stage?: unknown;
  severity?: unknown;
  host?: { ip?: unknown; name?: unknown };
  match?: { value?: unknown };
}

function alertBriefly(body: string): string | undefined {
  try {
    const { kind, stage, severity, host, match } = JSON.parse(body) as AlertParts;
    return [kind, stage, `severity ${String(severity)}`, host?.ip, host?.name, match?.value]
      .filter((part) => part !== undefined)
      .join(' ')
      .slice(0, 500);
  } catch {
    return undefined;
  }
}
