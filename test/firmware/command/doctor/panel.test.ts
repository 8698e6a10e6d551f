import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { panelReport } from '../../../../firmware/agent/panel/panel-report.ts';
import { checkPanel } from '../../../../firmware/command/doctor/panel.ts';
import { boxConfigSchema } from '../../../../firmware/config.ts';

const folder = mkdtempSync(join(tmpdir(), 'vonggac-panel-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const dark = { ready: 'off', attention: 'off', c2: 'off', traffic: 'off' } as const;
const config = (driver: string) => boxConfigSchema.parse({ panel: { driver }, socket: join(folder, 'agent.sock') });
const codes = async (driver = 'firmata') => (await checkPanel(config(driver))).map(({ code }) => code);

function tell(driver: Parameters<typeof panelReport>[1], ageMs = 0): void {
  const report = panelReport({ lamps: dark, buzzer: false, faults: [] }, driver, new Date(Date.now() - ageMs));
  writeFileSync(join(folder, 'panel.json'), JSON.stringify(report));
}

it('the panel is told apart: none configured, nobody drives it, not reached, stuck button, well', async () => {
  expect(await codes('none')).toEqual(['panel.none']);
  expect(await codes()).toEqual(['panel.silent']);
  tell({ connected: true, losses: 0, stale: 0 });
  expect(await codes()).toEqual(['panel.ok']);
  tell({ connected: true, losses: 0, stale: 0 }, 60_000);
  expect(await codes()).toEqual(['panel.silent']);
  tell({ connected: false, reason: 'no such port', losses: 0, stale: 0 });
  expect(await codes()).toEqual(['panel.missing']);
  tell({ connected: true, losses: 0, stale: 0, chip: { firmware: '1', phase: 'shown', resets: 0, refused: 0, buttonStuck: true } });
  expect(await codes()).toEqual(['panel.button']);
});
