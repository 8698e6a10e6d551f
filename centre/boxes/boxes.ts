/** `vonggac-centre boxes`: the store -> a table on standard output, or one JSON object a line. Reads only. */
import { existsSync } from 'node:fs';
import type { BoxesFlags } from '../command/boxes.ts';
import { UserError } from '../command/user-error.ts';
import { openStore } from '../store/open-store.ts';
import { boxTable, type ListedBox, listBoxes } from './box-table.ts';

/** Where standard output is no terminal. */
const columnsDefault = 120;

export async function printBoxes({ store: location, lang, json }: BoxesFlags): Promise<void> {
  // Opening would make one; who only reads has rather mistyped its name.
  if (!location.includes('://') && !existsSync(location))
    throw new UserError(`${location} does not exist: ingest has stored nothing there`);
  const store = await openStore(location);
  try {
    const [rows, centreAlerts] = await Promise.all([store.boxes(), store.openCentreAlerts()]);
    const nowMs = Date.now();
    const boxes = listBoxes(rows, centreAlerts, nowMs);
    const text = json ? boxes.map(jsonLine).join('') : `${boxTable(boxes, lang, nowMs, process.stdout.columns ?? columnsDefault)}\n`;
    process.stdout.write(text);
  } finally {
    await store.close();
  }
}

function jsonLine({ row, state, centreAlerts, faults }: ListedBox): string {
  const { seenMs, provenMs, storedMs, presenceMs, healthMs, ...rest } = row;
  const times = {
    since: state.sinceMs,
    seen: seenMs,
    proven: provenMs,
    stored: storedMs,
    presenceReceived: presenceMs,
    healthReceived: healthMs,
  };
  const known = Object.entries(times).filter((entry): entry is [string, number] => entry[1] !== undefined);
  const asText = Object.fromEntries(known.map(([name, ms]) => [name, new Date(ms).toISOString()]));
  return `${JSON.stringify({ ...rest, state: state.life, ...asText, faults, centreAlerts })}\n`;
}
