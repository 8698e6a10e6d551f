/**
 * The demonstration: a real broker, a real box that replays a capture (or listens to an interface), and the centre's side printing each alert
 * in words above the lamps. Neither end is a stand-in; what is small is that all of it runs on one machine.
 */
import { join, relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Alert } from '../../firmware/contract/alert.ts';
import { kindWords, stageWords } from '../../firmware/contract/alert-words.ts';
import { type Language, plain, wrapped } from '../../firmware/contract/language.ts';
import { AlertFeed } from '../alert-feed.ts';
import { Ingest } from '../ingest/ingest.ts';
import { limitsSchema } from '../ingest/notice/limits.ts';
import { openStore } from '../store/open-store.ts';
import { Subscriber } from '../subscriber.ts';
import { describe } from '../watch.ts';
import { type BoxConfiguration, runBox } from './box-process.ts';
import { type BoxState, BoxView } from './box-view.ts';
import { type Broker, startBroker } from './broker.ts';

/** Short, so that the lamps follow what is happening. */
const healthIntervalSeconds = 1;
const lampsRefreshMs = 500;
const columns = 100;
/** The box's goodbye comes after all else that it sent: wait for it, but not for ever. */
const goodbyeMs = 3_000;

export interface DemonstrationOptions {
  lang: Language;
  /** End after one pass of the capture. */
  once: boolean;
  /** A live interface instead of the capture. */
  interface?: string;
  /** 1 = at the capture's own pace. */
  speed: number;
  capture: string;
  intel: readonly string[];
  /** Program and arguments of the box; `--config FILE` is added. */
  boxCommand: readonly string[];
}

export interface DemonstrationPanel {
  show(state: BoxState): void;
  print(text: string): void;
  close(): void;
}

const texts = {
  begin: {
    vi: (url: string, what: string) =>
      `Vọng Gác: trình diễn trên máy này. Broker MQTT: ${url}.\nThiết bị xem: ${what}. Ctrl-C để dừng.\n` +
      'Mỗi cảnh báo mà Trung tâm nhận được hiện ra dưới đây, bên trên bốn đèn của thiết bị:\n' +
      '  ✔ SẴN SÀNG   đang giám sát và liên lạc được với Trung tâm\n' +
      '  ▲ CHÚ Ý      có máy thử liên lạc với máy chủ mã độc, hoặc thiết bị cần được xem lại\n' +
      '  ■ C2         có máy đã liên lạc được với máy chủ mã độc: phải xử lý ngay\n' +
      '  ⇄ LƯU LƯỢNG  đang có gói tin đi qua\n',
    en: (url: string, what: string) =>
      `Vọng Gác: a demonstration on this machine. MQTT broker: ${url}.\nThe box watches: ${what}. Ctrl-C ends it.\n` +
      'Each alert that the centre receives appears below, above the four lamps of the box:\n' +
      '  ✔ READY      it watches, and it reaches the centre\n' +
      '  ▲ ATTENTION  a machine tried to reach a malware server, or the box needs a look\n' +
      '  ■ C2         a machine has reached a malware server: act now\n' +
      '  ⇄ TRAFFIC    packets are passing\n',
  },
  recording: {
    vi: (path: string) => `một bản ghi lưu lượng thật (${path})`,
    en: (path: string) => `a recording of real traffic (${path})`,
  },
  interface: { vi: (name: string) => `cổng mạng ${name}`, en: (name: string) => `the interface ${name}` },
  stopped: { vi: 'Thiết bị đã xem hết và dừng đúng như dự định.', en: 'The box has seen all of it and stopped, as it was meant to.' },
  failed: {
    vi: (status: number | null) => `Thiết bị đã dừng vì lỗi (mã ${status}). Những dòng cuối của nó:`,
    en: (status: number | null) => `The box ended with an error (status ${status}). Its last lines:`,
  },
  summary: {
    vi: (count: number) => `Tổng kết: ${count} cảnh báo đã tới Trung tâm.`,
    en: (count: number) => `Summary: ${count} alerts reached the centre.`,
  },
  seen: {
    vi: (packets: number, bytes: number) => `Thiết bị đã xem ${packets} gói tin, ${bytes} byte.`,
    en: (packets: number, bytes: number) => `The box saw ${packets} packets, ${bytes} bytes.`,
  },
  none: {
    vi: 'Không có cảnh báo nào tới Trung tâm: có gì đó không ổn.',
    en: 'No alert reached the centre: something is wrong.',
  },
};

/** Resolves with the exit status: 0, or 1 where the box failed or the capture gave no alert. Rejects where the broker cannot be started. */
export async function demonstrate(options: DemonstrationOptions, panel: DemonstrationPanel, signal: AbortSignal): Promise<number> {
  const broker = await startBroker();
  const stopIngest = await startIngest(broker);
  try {
    const { lang } = options;
    const what =
      options.interface === undefined ? texts.recording[lang](relative('.', options.capture)) : texts.interface[lang](options.interface);
    panel.print(texts.begin[lang](broker.url, what));
    let status = await pass(options, panel, broker.url, signal);
    // A live interface ends only by Ctrl-C or by its own fault; a capture goes round.
    while (!options.once && options.interface === undefined && status === 0 && !signal.aborted) {
      status = await pass(options, panel, broker.url, signal);
    }
    return status;
  } finally {
    panel.close();
    await stopIngest();
    await broker.stop();
  }
}

/** What stores and acknowledges, as at the centre; resolves with what ends it. Its store goes with the broker's folder. */
async function startIngest({ url, folder }: Broker): Promise<() => Promise<void>> {
  const store = await openStore(join(folder, 'centre.db'));
  const stopping = new AbortController();
  const silent = { info: () => undefined, warn: () => undefined };
  const ingest = new Ingest({
    access: { url },
    clientId: 'centre.ingest',
    store,
    limits: limitsSchema.parse({}),
    keepDays: 1,
    isBrokerLogWanted: false,
    log: silent,
    say: () => undefined,
  });
  const running = ingest.run(stopping.signal);
  return async () => {
    stopping.abort();
    await running;
  };
}

/** One run of the box, from its start to its end. */
async function pass(options: DemonstrationOptions, panel: DemonstrationPanel, url: string, signal: AbortSignal): Promise<number> {
  const { lang } = options;
  const view = new BoxView();
  const feed = new AlertFeed();
  const listener = {
    alert: (alert: Alert) => {
      view.alert(alert);
      const text = describe(alert, feed, lang);
      if (text !== undefined) panel.print(text);
    },
    presence: view.presence.bind(view),
    health: view.health.bind(view),
    problem: (text: string) => panel.print(plain(text)),
  };
  const subscriber = new Subscriber({ url }, listener);
  const show = () => {
    // One that still starts, or that said goodbye, is not a lost one: no lamps yet, or lamps as they were.
    if (view.wasOnline && !view.isStopped) panel.show(view.state(Date.now()));
  };
  const lamps = setInterval(show, lampsRefreshMs);
  try {
    await subscriber.ready;
    const end = await runBox(options.boxCommand, configurationOf(options, url), signal);
    const endMs = Date.now() + (end.status === 0 ? goodbyeMs : 0);
    while (!view.isGone && Date.now() < endMs) await sleep(20);
    show();
    if (view.isStopped && !signal.aborted) panel.print(texts.stopped[lang]);
    printSummary(view, lang, panel);
    if (end.status !== 0 && !signal.aborted) {
      panel.print([texts.failed[lang](end.status), ...end.log.map((line) => `  ${plain(line)}`)].join('\n'));
      return 1;
    }
    if (view.alertCount > 0 || signal.aborted || options.interface !== undefined) return 0;
    panel.print(texts.none[lang]);
    return 1;
  } finally {
    clearInterval(lamps);
    await subscriber.end();
  }
}

function configurationOf(options: DemonstrationOptions, url: string): BoxConfiguration {
  return {
    box: 'demo-box',
    agency: options.lang === 'vi' ? 'Cơ quan mẫu' : 'Sample agency',
    lang: options.lang,
    capture:
      options.interface === undefined ? { file: options.capture, pace: options.speed, once: true } : { interface: options.interface },
    intel: options.intel,
    uplink: { url },
    healthIntervalSeconds,
  };
}

function printSummary(view: BoxView, lang: Language, panel: DemonstrationPanel): void {
  const lines = [texts.summary[lang](view.alertCount)];
  for (const { kind, byStage } of view.summary()) {
    const counts = Object.entries(byStage).filter(([, count]) => count > 0);
    const stages = counts.map(([stage, count]) => `${count} × ${stageWords[stage as keyof typeof stageWords][lang]} [${stage}]`).join(', ');
    lines.push(`  ${wrapped(`${kind} ${kindWords[kind][lang]}: ${stages}`, columns - 2, 4)}`);
  }
  const capture = view.lastHealth?.capture;
  if (capture !== undefined) lines.push(texts.seen[lang](capture.packets, capture.bytes));
  panel.print(lines.join('\n'));
}
