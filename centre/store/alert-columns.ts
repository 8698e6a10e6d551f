/** An alert -> the columns of table `alert`, for both databases. The JSON has all that stands here and more; these are for reading by hand. */
import { type AlertRow, columnText, timeMs } from './batch.ts';

export interface AlertColumn {
  name: string;
  type: 'text' | 'whole';
  value(row: AlertRow, context: AlertContext): string | number | null;
}

export interface AlertContext {
  storedMs: number;
  /** The alert's message is in the store with this very JSON, so it is not written twice. */
  isBodyStored: boolean;
}

const text = (name: string, value: AlertColumn['value']): AlertColumn => ({ name, type: 'text', value });
const whole = (name: string, value: AlertColumn['value']): AlertColumn => ({ name, type: 'whole', value });

export const alertColumns: readonly AlertColumn[] = [
  text('box', ({ box }) => box),
  text('id', ({ id }) => id),
  whole('rev', ({ alert }) => alert.rev),
  text('state', ({ alert }) => alert.state),
  text('stage', ({ alert }) => alert.stage),
  whole('severity', ({ alert }) => alert.severity),
  whole('confidence', ({ alert }) => alert.confidence),
  text('kind', ({ alert }) => alert.kind),
  text('detector', ({ alert }) => columnText(alert.detector)),
  text('agency', ({ alert }) => columnText(alert.agency)),
  text('host_ip', ({ alert }) => columnText(alert.host.ip)),
  text('host_mac', ({ alert }) => columnText(alert.host.mac)),
  text('host_name', ({ alert }) => columnText(alert.host.name)),
  text('remote_ip', ({ alert }) => columnText(alert.remote.ip)),
  whole('remote_port', ({ alert }) => alert.remote.port ?? null),
  text('remote_name', ({ alert }) => columnText(alert.remote.name)),
  text('indicator', ({ alert }) => columnText(alert.match?.value)),
  text('family', ({ alert }) => columnText(alert.match?.family)),
  whole('times_seen', ({ alert }) => alert.count),
  whole('first_ms', ({ alert }) => timeMs(alert.tsFirst)),
  whole('last_ms', ({ alert }) => timeMs(alert.tsLast)),
  whole('received_ms', ({ receivedMs }) => receivedMs),
  whole('stored_ms', (_, { storedMs }) => storedMs),
  text('outbox', ({ message }, { isBodyStored }) => (isBodyStored ? (message?.outbox ?? null) : null)),
  whole('seq', ({ message }, { isBodyStored }) => (isBodyStored ? (message?.seq ?? null) : null)),
  text('body', ({ json }, { isBodyStored }) => (isBodyStored ? null : json)),
];

const keys = ['box', 'id'];
const changing = alertColumns.filter(({ name }) => !keys.includes(name));

/** After `insert into alert …`: an alert that is known is written anew only by a higher revision. */
export const onKnownAlert = `on conflict (${keys.join(', ')}) do update set ${changing.map(({ name }) => `${name} = excluded.${name}`).join(', ')}
  where excluded.rev > alert.rev`;
