import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { BoxState } from '../../../centre/demo/box-view.ts';
import { type DemonstrationOptions, demonstrate } from '../../../centre/demo/demonstration.ts';
import { until } from '../../firmware/agent/uplink/listener.ts';

const options: DemonstrationOptions = {
  lang: 'en',
  once: true,
  speed: 1,
  capture: 'some.pcap',
  intel: ['some.csv'],
  boxCommand: [process.execPath, fileURLToPath(new URL('./fake-box.ts', import.meta.url)), 'run'],
};

function panelOf() {
  const printed: string[] = [];
  const shown: BoxState[] = [];
  return {
    printed,
    shown,
    closed: 0,
    show: (state: BoxState) => shown.push(state),
    print: (text: string) => printed.push(text),
    close() {
      this.closed++;
    },
  };
}

describe('the demonstration', () => {
  it('prints each alert in words and a summary, and ends with 0 after one pass', async () => {
    const panel = panelOf();
    expect(await demonstrate(options, panel, new AbortController().signal)).toBe(0);
    const text = panel.printed.join('\n');
    expect(text).toContain('mqtt://127.0.0.1:');
    expect(text.match(/Take the machine off the network\./g)).toHaveLength(3);
    expect(text).toContain('Update: 192.168.10.21 → cdn.evil.example: data went both ways');
    expect(text).toMatch(/Summary: 2 alerts/);
    expect(text).toMatch(/c2\.domain .*: 1 × data went both ways \[exchange\]/);
    expect(text).toMatch(/c2\.tls .*: 1 × attempt only \[attempt\]/);
    expect(text).toContain('The box saw 5000 packets');
    expect(text).toContain('stopped, as it was meant to');
    // A planned stop leaves the lamps as they were.
    expect(panel.shown.every(({ online }) => online !== false)).toBe(true);
    expect(panel.closed).toBe(1);
  }, 20_000);

  it('speaks Vietnamese', async () => {
    const panel = panelOf();
    await demonstrate({ ...options, lang: 'vi' }, panel, new AbortController().signal);
    expect(panel.printed.join('\n')).toContain('Tổng kết: 2 cảnh báo đã tới Trung tâm.');
  }, 20_000);

  it('goes round until it is stopped', async () => {
    const panel = panelOf();
    const stopping = new AbortController();
    const running = demonstrate({ ...options, once: false }, panel, stopping.signal);
    await until(() => panel.printed.filter((text) => text.includes('Summary')).length >= 2, 'two rounds', 15_000);
    stopping.abort();
    expect(await running).toBe(0);
  }, 30_000);

  it('watches an interface until it is stopped, and stops the box in order', async () => {
    const panel = panelOf();
    const stopping = new AbortController();
    const running = demonstrate({ ...options, once: false, interface: 'eth9' }, panel, stopping.signal);
    await until(() => panel.shown.some(({ contacts }) => contacts.open === 1), 'the alerts', 15_000);
    stopping.abort();
    expect(await running).toBe(0);
    expect(panel.shown.at(-1)?.online).toBe(true);
  }, 30_000);

  it('shows the last lines of a box that fails, and ends with 1', async () => {
    const panel = panelOf();
    expect(await demonstrate({ ...options, speed: 99 }, panel, new AbortController().signal)).toBe(1);
    const text = panel.printed.join('\n');
    expect(text).toContain('cannot read the capture');
    expect(text).not.toContain('\x1b');
  }, 20_000);

  it('does not call it a success when no alert arrived', async () => {
    const panel = panelOf();
    expect(await demonstrate({ ...options, speed: 98 }, panel, new AbortController().signal)).toBe(1);
    expect(panel.printed.at(-1)).toContain('No alert reached the centre');
  }, 20_000);
});
