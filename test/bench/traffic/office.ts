/** Decides what the office does next: which client talks to which server and how. The shares are those of an ordinary working day. */

import type { Random } from '../../fuzz/random.ts';
import { Scripted, Sequence, type Source } from './conversation.ts';
import { Network, planted, plantedNameServer, plantedServer } from './network.ts';
import { quic } from './quic-session.ts';
import { Sessions } from './sessions.ts';

/** One conversation in so many contacts something planted. */
const plantedEvery = 1000;
/** Share of conversations whose name is not in the client's cache. */
const lookupShare = 0.7;

export class Office {
  conversations = 0;
  readonly sessions: Sessions;
  private readonly random: Random;

  constructor(random: Random) {
    this.random = random;
    this.sessions = new Sessions(new Network(random), random);
  }

  next(): Source {
    const number = ++this.conversations;
    if (number % plantedEvery === plantedEvery / 2) return this.plantedContact(Math.floor(number / plantedEvery));
    const { random, sessions } = this;
    const client = sessions.network.anyClient();
    const server = sessions.network.anyServer();
    const kind = random.unit();
    if (kind < 0.08) return new Scripted(sessions.lookup(client, server));
    if (kind < 0.12) return sessions.fileServer(client, random.between(2, 7));
    const lookup = new Scripted(random.chance(lookupShare) ? sessions.lookup(client, server) : []);
    const exchanges = 1 + Math.floor(8 * random.unit() ** 2);
    if (kind < 0.2) return new Sequence(lookup, sessions.http(client, server, this.paths(1 + (exchanges >> 1))));
    if (kind < 0.25) return new Sequence(lookup, quic(sessions, client, server, 40 * exchanges));
    if (kind < 0.4) return new Sequence(lookup, sessions.tls12(client, server, exchanges));
    return new Sequence(lookup, sessions.tls13(client, server, exchanges));
  }

  /** Contacts that the bench's indicator list names, each kind in turn. */
  private plantedContact(turn: number): Source {
    const { sessions } = this;
    const client = sessions.network.clients[(turn * 37) % sessions.network.clients.length]!;
    switch (turn % 4) {
      case 0: {
        const server = plantedNameServer(`beacon.${planted.domain}`);
        return new Sequence(new Scripted(sessions.lookup(client, server)), sessions.tls13(client, server, 4));
      }
      case 1:
        return sessions.tls13(client, plantedServer('unlisted.example'), 4);
      case 2:
        return sessions.http(client, plantedNameServer(planted.urlHost), [planted.urlPath]);
      default:
        return sessions.tls12(client, plantedNameServer(planted.certificateName), 4);
    }
  }

  private paths(count: number): string[] {
    return Array.from({ length: count }, () => `/assets/${this.random.u32().toString(36)}/app.js?v=${this.random.below(1000)}`);
  }
}
