/** An open list -> a harvest: recognises the format, or takes the one named, and calls its reader. */
import { UserError } from '../../command/user-error.ts';
import { readAdblock } from './format/adblock.ts';
import { readCsv } from './format/csv.ts';
import type { ColumnMap } from './format/csv-columns.ts';
import { readHosts } from './format/hosts.ts';
import { readRecords } from './format/json-records.ts';
import { eventsIn, readEvents } from './format/misp-event.ts';
import { isManifest, readFeed } from './format/misp-feed.ts';
import { isWarninglist, readWarninglist } from './format/misp-warninglist.ts';
import { readPlain } from './format/plain.ts';
import { readReportText } from './format/report-text.ts';
import { StixReader } from './format/stix.ts';
import { readDataset } from './format/suricata-dataset.ts';
import { readRules } from './format/suricata-rules.ts';
import { readZeek } from './format/zeek.ts';
import type { Format } from './formats.ts';
import type { Harvest } from './harvest.ts';
import { beginningOf, isFields, readDocument } from './input.ts';
import type { OpenedInput } from './open-input.ts';
import { isLikeDocument, lookedAtBytes, recogniseDocument, recogniseText } from './recognise.ts';

const jsonFormats: ReadonlySet<Format> = new Set(['json', 'misp-event', 'misp-feed', 'misp-warninglist', 'stix21-bundle', 'taxii21']);

/** The format that it was read as. Throws a `UserError` where the list is not of it. */
export async function readList(
  input: OpenedInput,
  named: Format | undefined,
  map: ColumnMap | undefined,
  harvest: Harvest,
): Promise<Format> {
  const beginning = named === undefined ? beginningOf(input, lookedAtBytes) : '';
  const isDocument = named === undefined ? isLikeDocument(beginning) : jsonFormats.has(named);
  if (isDocument) {
    const document = readDocument(input);
    const format = named ?? (map === undefined ? recogniseDocument(document, input.from) : 'json');
    await readJson(format, document, input, map, harvest);
    return format;
  }
  const format = named ?? (map === undefined ? recogniseText(beginning, input.from) : 'csv');
  readText(format, input, map, harvest);
  return format;
}

async function readJson(
  format: Format,
  document: unknown,
  input: OpenedInput,
  map: ColumnMap | undefined,
  harvest: Harvest,
): Promise<void> {
  const isNot = (what: string) => new UserError(`${input.from} is no ${what}`);
  switch (format) {
    case 'stix21-bundle':
    case 'taxii21': {
      const objects = isFields(document) && document.type !== 'indicator' ? document.objects : [document].flat();
      if (document === null || typeof document !== 'object') throw isNot('STIX bundle');
      const reader = new StixReader(harvest);
      reader.add(objects);
      reader.finish();
      return;
    }
    case 'misp-warninglist':
      if (!isFields(document) || !isWarninglist(document)) throw isNot('MISP warning list');
      readWarninglist(document, harvest);
      return;
    case 'misp-feed':
      if (!isManifest(document)) throw isNot('manifest of a MISP feed');
      await readFeed(document, input.from, harvest, input.beside);
      return;
    case 'misp-event':
      readEvents(eventsIn(document), harvest);
      return;
    default:
      readRecords(document, input.from, harvest, map);
  }
}

function readText(format: Format, input: OpenedInput, map: ColumnMap | undefined, harvest: Harvest): void {
  switch (format) {
    case 'zeek-intel':
      readZeek(input, harvest);
      break;
    case 'hosts':
      readHosts(input, harvest);
      break;
    case 'adblock':
      readAdblock(input, harvest);
      break;
    case 'suricata-rules':
      readRules(input, harvest);
      break;
    case 'suricata-dataset-string':
      readDataset('string', input, harvest);
      break;
    case 'suricata-dataset-ip':
      readDataset('ip', input, harvest);
      break;
    case 'suricata-dataset-md5':
    case 'suricata-dataset-sha256':
      readDataset('hash', input, harvest);
      break;
    case 'plain-list':
      readPlain(input, harvest);
      break;
    case 'defanged-text':
      readReportText(input, harvest);
      break;
    default:
      readCsv(input, harvest, map);
      break;
  }
}
