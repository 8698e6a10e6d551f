/** What the agent says of its lamps -> whether they are there and driven. Opens no serial port: the agent has it. */
import { readFile } from 'node:fs/promises';
import { hostLostMs } from '../../agent/panel/chip-protocol.ts';
import { panelReportFile } from '../../agent/panel/panel-report.ts';
import { socketPath } from '../../boot.ts';
import type { BoxConfig } from '../../config.ts';
import { readPanelReport } from '../panel/status.ts';
import { type Finding, finding } from './finding.ts';

export async function checkPanel(config: Pick<BoxConfig, 'panel' | 'socket'>): Promise<Finding[]> {
  const { driver } = config.panel;
  if (driver === 'none') return [finding('panel.none')];
  const file = panelReportFile(socketPath(config));
  const report = await readPanelReport(() => readFile(file, 'utf8').catch(() => undefined));
  if (typeof report === 'string' || !(Date.now() - Date.parse(report.ts) <= hostLostMs)) return [finding('panel.silent')];
  const { connected = false, reason = '', chip } = report.driver ?? {};
  if (!connected) return [finding('panel.missing', { driver, reason })];
  return chip?.buttonStuck === true ? [finding('panel.button')] : [finding('panel.ok', { driver })];
}
