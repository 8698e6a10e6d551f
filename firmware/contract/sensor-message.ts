/** What the sensor's process tells the process that started it, over the channel between them. */
import type { Alert } from './alert.ts';
import type { SensorReport } from './health.ts';

export type SensorMessage = { type: 'alert'; alert: Alert } | { type: 'report'; report: SensorReport };

/** The other end may be of another version, or dying in the middle of a message. */
export function isSensorMessage(message: unknown): message is SensorMessage {
  if (typeof message !== 'object' || message === null || !('type' in message)) return false;
  if (message.type === 'alert') return 'alert' in message && typeof message.alert === 'object' && message.alert !== null;
  return message.type === 'report' && 'report' in message && typeof message.report === 'object' && message.report !== null;
}
