/** What `init` did about each thing that a centre consists of. */

/** `away`: a private key that lies on another medium, as it should. `due`: ends soon, and the key that could renew it is away. */
export type ItemState = 'made' | 'renewed' | 'kept' | 'away' | 'due';

export interface Item {
  path: string;
  state: ItemState;
  /** Must leave the server. */
  isOffline?: true;
  notAfterMs?: number;
}
