/**
 * Findings about flows that are still open, so that they grow when the flow is answered, exchanges payload, and ends.
 * At the cap a flow is not followed (its finding stays as it was raised) and that is counted.
 */
import type { Match } from '../intel/indicator.ts';
import type { Connection } from '../observe/event.ts';
import { takeBytes } from './contact.ts';
import { type Finding, type FindingSink, stageOf } from './finding.ts';

const findingsPerFlowMax = 8;

export class WatchList {
  private readonly byFlow = new Map<number, Finding[]>();
  private readonly knocks = new WeakMap<Finding, Finding>();
  /** May change: flows beyond a lower one are followed to their end. */
  flowsMax: number;
  refused = 0;

  constructor(flowsMax: number) {
    this.flowsMax = flowsMax;
  }

  get size(): number {
    return this.byFlow.size;
  }

  /**
   * Follows the finding's flow. False: this is no new contact, for the flow is already followed for the same indicator, or it has no record
   * to be told by. Requests on one kept-open connection are contacts of their own.
   */
  add(connection: Connection, finding: Finding): boolean {
    if (connection.flow === 0) return false;
    const findings = this.byFlow.get(connection.flow);
    const known = findings?.find(({ match, inbound }) => isSame(match, finding.match) && inbound === finding.inbound);
    if (known !== undefined) return takeRequest(known, finding);
    connection.watched = true;
    if (findings === undefined) {
      if (this.byFlow.size >= this.flowsMax) this.refused++;
      else this.byFlow.set(connection.flow, [finding]);
    } else if (findings.length >= findingsPerFlowMax) this.refused++;
    else findings.push(finding);
    return true;
  }

  /**
   * The flow's first packet came from a known-bad end, but looks like an answer: whether it is one shows when our side speaks. Until then
   * nothing is told; if it never does, `knock` is.
   */
  addPending(connection: Connection, contact: Finding, knock: Finding): void {
    if (this.add(connection, contact)) this.knocks.set(contact, knock);
  }

  /** The flow has come further, or has ended: tells each of its findings again, with where it stands now. */
  advance(connection: Connection, ended: boolean, tsMicros: number, emit: FindingSink): void {
    const findings = this.byFlow.get(connection.flow);
    if (findings === undefined) return;
    if (ended) this.byFlow.delete(connection.flow);
    for (const watched of findings) {
      const knock = this.knocks.get(watched);
      if (knock !== undefined) this.knocks.delete(watched);
      const finding = knock !== undefined && !connection.answered ? knock : watched;
      finding.contact = knock === undefined ? 'grown' : 'connected';
      finding.stage = stageOf(connection);
      finding.tsMicros = tsMicros;
      takeBytes(finding, connection);
      emit(finding);
    }
  }
}

function isSame(one: Match, other: Match): boolean {
  return one.type === other.type && one.value === other.value;
}

/** The first request on a flow that was known by its address or name is that contact; each later one is another. */
function takeRequest(known: Finding, finding: Finding): boolean {
  if (finding.app !== 'http') return false;
  if (known.app === 'http') return true;
  known.app = 'http';
  return false;
}
