/** Indicators and allowances, those of files and those of the settings -> whether they can be used, how many there are and how old they are. */

import { indicatorTypes } from '../../sensor/intel/indicator.ts';
import { newestOf } from '../../sensor/intel/indicator-files.ts';
import { IntelError } from '../../sensor/intel/intel-error.ts';
import { ListReport } from '../../sensor/intel/read-list.ts';
import { indicatorsFrom } from '../../sensor/intel/sources.ts';
import { type Finding, finding } from './finding.ts';

const ageDaysMax = 14;
const dayMs = 86_400_000;

export interface NamedIntelligence {
  /** Of the configuration, and of the release in use. */
  paths: readonly string[];
  allow?: readonly string[];
  /** Indicators in the settings themselves. */
  givenCount?: number;
}

export async function checkIntelligence({ paths, allow = [], givenCount = 0 }: NamedIntelligence, nowMs = Date.now()): Promise<Finding[]> {
  const given = givenCount > 0 ? [finding('intel.given', { count: givenCount })] : [];
  if (paths.length === 0) return given.length > 0 ? given : [finding('intel.none')];
  return [...(await checkFiles(paths, allow, nowMs)), ...given];
}

async function checkFiles(paths: readonly string[], allow: readonly string[], nowMs: number): Promise<Finding[]> {
  const report = new ListReport();
  let count = 0;
  try {
    const { counts } = await indicatorsFrom(paths, report, allow);
    for (const type of indicatorTypes) count += counts[type];
  } catch (error) {
    if (!(error instanceof IntelError)) throw error;
    return [finding('intel.unreadable', { reason: error.message })];
  }
  const days = Math.max(0, Math.floor((nowMs - (newestOf(paths) ?? nowMs)) / dayMs));
  const refused = report.refused > 0 ? [finding('intel.refused', { count: report.refused, example: report.refusals[0] ?? '' })] : [];
  if (count === 0) return [finding('intel.empty'), ...refused];
  return [finding(days > ageDaysMax ? 'intel.old' : 'intel.ok', { count, days }), ...refused];
}
