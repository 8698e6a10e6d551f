/** A connection that tells of everything that the broker took from the box: what left it, for the ledger of the agency. Changes nothing of it. */
import type { Connection, Publication } from './connection.ts';

export type OnSent = (publication: Publication) => void;

export function recorded(connection: Connection, onSent: OnSent): Connection {
  return {
    get receiveMaximum() {
      return connection.receiveMaximum;
    },
    get packetBytesMax() {
      return connection.packetBytesMax;
    },
    get lastHeardMs() {
      return connection.lastHeardMs;
    },
    get warning() {
      return connection.warning;
    },
    closed: connection.closed,
    publish: async (publication) => {
      await connection.publish(publication);
      onSent(publication);
    },
    subscribe: (topics) => connection.subscribe(topics),
    end: () => connection.end(),
    destroy: () => connection.destroy(),
  };
}
