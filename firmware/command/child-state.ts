/**
 * What a child of `vonggac run` and its supervisor say over the channel of fork: the child its state, the parent nothing; that it is gone
 * is heard. Nothing of what the box finds goes this way. Without a parent all of it does nothing.
 */
import { type CaptureState, captureStates } from '../contract/health.ts';

/** The sensor tells the states of its capture; the agent is `running` once it works. */
export interface StateMessage {
  type: 'state';
  state: CaptureState;
}

/**
 * The status of a process that has ended in order so that a new one reads its configuration: whoever keeps it starts it again at once. None of
 * sysexits.h, nor of a shell, nor one of ours.
 */
export const exitRestart = 80;

const states: ReadonlySet<unknown> = new Set(captureStates);

export function isStateMessage(message: unknown): message is StateMessage {
  return typeof message === 'object' && message !== null && 'type' in message && message.type === 'state' && 'state' in message
    ? states.has(message.state)
    : false;
}

let told: CaptureState | undefined;

/** Tells the supervisor each change, within this call; harmless to call with every report. */
export function tellState(state: CaptureState): void {
  if (state === told || process.connected !== true) return;
  told = state;
  // A parent that is just dying: `onStop` hears of it.
  process.send?.({ type: 'state', state } satisfies StateMessage, undefined, undefined, () => undefined);
}

/**
 * Calls `stop` once, when the process shall end in order: at SIGTERM, at SIGINT, or when its supervisor has died or let go of it. A
 * supervisor decides itself what the SIGINT of a terminal means, which goes to all processes at once: a child leaves it alone then.
 */
export function onStop(stop: () => void): void {
  let isAsked = false;
  const stopOnce = () => {
    if (isAsked) return;
    isAsked = true;
    stop();
  };
  // Not `once`: a second one, as when the whole group is told and then the supervisor tells its children, would end the process at once.
  process.on('SIGTERM', stopOnce);
  if (process.connected !== true) {
    process.on('SIGINT', stopOnce);
    return;
  }
  process.on('SIGINT', () => undefined);
  process.once('disconnect', stopOnce);
  // The listener alone must not keep a process alive whose work is done.
  process.channel?.unref();
}
