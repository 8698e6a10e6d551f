/** Alerts as they arrive at the broker -> lines on standard output, in words or as JSON. Ends by a signal, or when nobody reads any more. */
import type { Alert } from '../firmware/contract/alert.ts';
import { alertInWords, growthInWords, updateInWords } from '../firmware/contract/alert-words.ts';
import type { CentreAlert } from '../firmware/contract/centre-alert.ts';
import { centreAlertInWords, centreUpdateInWords } from '../firmware/contract/centre-alert-words.ts';
import { type Language, plain } from '../firmware/contract/language.ts';
import { AlertFeed } from './alert-feed.ts';
import type { BrokerAccess } from './connection.ts';
import { Subscriber } from './subscriber.ts';

export function watch(access: BrokerAccess, lang: Language, isJson: boolean): void {
  const feed = new AlertFeed();
  let lastProblem = '';
  const print = (text: string | undefined) => {
    lastProblem = '';
    if (text !== undefined) process.stdout.write(`${text}\n`);
  };
  const subscriber = new Subscriber(access, {
    alert: (alert) => print(isJson ? line(alert) : describe(alert, feed, lang)),
    centreAlert: (alert) => print(isJson ? line(alert) : describeCentre(alert, feed, lang)),
    problem: (text) => {
      // A broker that is away is one line, not a line for each attempt.
      if (text !== lastProblem) process.stderr.write(`vonggac-centre: ${plain(text)}\n`);
      lastProblem = text;
    },
  });
  const stop = () => void subscriber.end().then(() => process.exit(0));
  process.once('SIGINT', stop).once('SIGTERM', stop);
  // A reader that went away (`watch | head`) ends the watch.
  process.stdout.once('error', stop);
}

function line(alert: Alert | CentreAlert): string | undefined {
  try {
    return JSON.stringify(alert);
  } catch {
    // Nested so deep that it can be read but not written: nothing that a box of ours makes.
    return undefined;
  }
}

/** Undefined where it tells nothing that a person does not know yet. */
export function describe(alert: Alert, feed: AlertFeed, lang: Language): string | undefined {
  switch (feed.take(alert)) {
    case 'new':
      return `${alertInWords(alert, lang)}\n`;
    case 'grown':
      return `${growthInWords(alert, lang)}\n`;
    case 'update':
      return updateInWords(alert, lang);
    case 'repeat':
      return undefined;
  }
}

function describeCentre(alert: CentreAlert, feed: AlertFeed, lang: Language): string | undefined {
  switch (feed.takeCentre(alert)) {
    case 'new':
    case 'grown':
      return `${centreAlertInWords(alert, lang)}\n`;
    case 'update':
      return centreUpdateInWords(alert, lang);
    case 'repeat':
      return undefined;
  }
}
