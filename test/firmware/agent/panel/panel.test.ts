import { beforeEach, describe, expect, it } from 'vitest';
import { displayLimitsSchema, type PanelState } from '../../../../firmware/agent/panel/display.ts';
import { isQuiet, panelOptionsSchema } from '../../../../firmware/agent/panel/options.ts';
import { Panel } from '../../../../firmware/agent/panel/panel.ts';
import type { DriverState, JudgedDisplay, PanelDriver } from '../../../../firmware/agent/panel/panel-driver.ts';
import { panelReportSchema } from '../../../../firmware/agent/panel/panel-report.ts';
import { dutySchema } from '../../../../firmware/contract/duty.ts';
import { healthOf, sampleMs } from './health-sample.ts';

const none = { open: 0, new: 0 };
const well: PanelState = { nowMs: sampleMs, online: true, health: healthOf(), attempts: none, contacts: none };
const contact: PanelState = { ...well, contacts: { open: 1, new: 1 } };
const limits = displayLimitsSchema.parse({});
const at = (text: string) => new Date(`2026-01-20T${text}:00`);

/** Keeps what it is given. */
class KeepingDriver implements PanelDriver {
  readonly shown: JudgedDisplay[] = [];
  readonly state: DriverState = { connected: true, losses: 0, stale: 0 };
  closed: boolean | undefined;
  show(judged: JudgedDisplay): boolean {
    this.shown.push(judged);
    return true;
  }
  async close(planned: boolean): Promise<void> {
    this.closed = planned;
  }
}

describe('the panel of the agent', () => {
  let driver: KeepingDriver;
  let nowMs: number;
  const newPanel = (options: object = {}) => new Panel({ driver, options: panelOptionsSchema.parse(options), limits, nowMs: () => nowMs });
  beforeEach(() => {
    driver = new KeepingDriver();
    nowMs = 10_000;
  });

  it('shows what was judged, as old as the beginning of the measuring', () => {
    const judged = newPanel().judge(() => {
      nowMs += 700;
      return contact;
    });
    expect(judged.lamps.c2).toBe('blink');
    expect(driver.shown).toEqual([{ display: judged, judgedAtMs: 10_000, brightness: 1 }]);
  });

  it('shows nothing by itself', () => {
    newPanel().judge(() => well);
    nowMs += 60_000;
    expect(driver.shown.length).toBe(1);
  });

  it('knows no quiet hours in a period of heightened watch', () => {
    const duty = dutySchema.parse({ periods: [{ name: 'Tết', from: '2026-01-19', to: '2026-01-22' }] });
    const quietHours = { from: '21:00', to: '06:00', brightnessPercent: 10 };
    const options = panelOptionsSchema.parse({ brightnessPercent: 80, quietHours });
    const panel = new Panel({ driver, options, limits, duty, nowMs: () => nowMs });
    for (const night of ['2026-01-20T23:30:00', '2026-02-20T23:30:00'])
      panel.judge(() => ({ ...contact, nowMs: new Date(night).getTime(), health: healthOf({ ts: new Date(night).toISOString() }) }));
    expect(driver.shown).toMatchObject([
      { brightness: 0.8, display: { buzzer: true } },
      { brightness: 0.1, display: { buzzer: false } },
    ]);
  });

  it('is quiet and dim in quiet hours, and its lamps stay what they are', () => {
    const night = at('23:30').getTime();
    const state = { ...contact, nowMs: night, health: healthOf({ ts: new Date(night).toISOString() }) };
    const panel = newPanel({ brightnessPercent: 80, quietHours: { from: '21:00', to: '06:00', brightnessPercent: 10 } });
    const judged = panel.judge(() => state);
    expect(judged.buzzer).toBe(true);
    expect(driver.shown[0]).toMatchObject({ brightness: 0.1, display: { buzzer: false, lamps: judged.lamps } });
    const noon = at('12:00').getTime();
    panel.judge(() => ({ ...contact, nowMs: noon, health: healthOf({ ts: new Date(noon).toISOString() }) }));
    expect(driver.shown[1]).toMatchObject({ brightness: 0.8, display: { buzzer: true } });
  });

  it('blinks with all lamps for some seconds when the centre has the call for help', () => {
    const panel = newPanel();
    panel.confirmHelp();
    panel.judge(() => well);
    nowMs += 6_001;
    panel.judge(() => well);
    expect(driver.shown.map(({ display }) => Object.values(display.lamps).join(' '))).toEqual([
      'blink blink blink blink',
      'steady off off pulse',
    ]);
  });

  it('blinks or lights all lamps for as long as asked, whatever is judged meanwhile, and then shows the judgement', () => {
    const panel = newPanel();
    const lamps = () => Object.values(driver.shown.at(-1)?.display.lamps ?? {}).join(' ');
    panel.blinkAll(60_000);
    nowMs += 59_000;
    panel.judge(() => contact);
    expect(lamps()).toBe('blink blink blink blink');
    // The buzzer of a contact is not kept silent by somebody who looks for the box.
    expect(driver.shown.at(-1)?.display.buzzer).toBe(true);
    panel.lightAll(8_000);
    panel.judge(() => well);
    expect(lamps()).toBe('steady steady steady steady');
    nowMs += 8_001;
    panel.judge(() => well);
    expect(lamps()).toBe('steady off off pulse');
  });

  it('reports what it shows, in a form that the other process accepts', () => {
    const panel = newPanel();
    expect(panel.report).toBeUndefined();
    panel.judge(() => ({ ...well, health: undefined }));
    const report = panelReportSchema.parse(JSON.parse(JSON.stringify(panel.report)));
    expect(report).toMatchObject({ schema: 'panel/1', lamps: { c2: 'turn' }, driver: { connected: true } });
    expect(report.faults.length).toBe(1);
  });

  it('judges and reports without lamps too, and closes as planned or not', async () => {
    const bare = new Panel({ driver: undefined, options: panelOptionsSchema.parse({}), limits });
    bare.judge(() => well);
    expect(bare.report?.driver).toBeUndefined();
    await bare.close(true);
    await newPanel().close(true);
    expect(driver.closed).toBe(true);
  });
});

describe('quiet hours', () => {
  it('may go over midnight', () => {
    const over = panelOptionsSchema.parse({ quietHours: { from: '21:30', to: '06:00' } });
    expect(['21:29', '21:30', '23:59', '00:00', '05:59', '06:00', '12:00'].map((time) => isQuiet(over, at(time)))).toEqual([
      false,
      true,
      true,
      true,
      true,
      false,
      false,
    ]);
    const lunch = panelOptionsSchema.parse({ quietHours: { from: '11:30', to: '13:00' } });
    expect(['11:29', '11:30', '12:59', '13:00'].map((time) => isQuiet(lunch, at(time)))).toEqual([false, true, true, false]);
  });

  it('are refused where they are no times; so are LED names that lead elsewhere', () => {
    for (const from of ['24:00', '7:00', '', '12:60']) {
      expect(panelOptionsSchema.safeParse({ quietHours: { from, to: '06:00' } }).success).toBe(false);
    }
    for (const ready of ['..', '.', '../sda', 'a/b', '']) expect(panelOptionsSchema.safeParse({ leds: { ready } }).success).toBe(false);
    expect(panelOptionsSchema.parse({ leds: { ready: 'led0:green' } }).leds).toEqual({ ready: 'led0:green' });
  });
});
