/**
 * Findings about flows that are still open, so that they grow when the flow is answered, exchanges payload, and ends.
 * At the cap a flow is not followed (its finding stays as it was raised) and that is counted.
 */
import type { Connection } from '../observe/event.ts';
import { type Finding, type FindingSink, stageOf } from './finding.ts';

const findingsPerFlowMax = 8;

export class WatchList {
  private readonly byFlow = new Map<number, Finding[]>();
  private readonly flowsMax: number;
  refused = 0;

  constructor(flowsMax: number) {
    this.flowsMax = flowsMax;
  }

  get size(): number {
    return this.byFlow.size;
  }

  /** Follows the finding's flow, unless that flow is already followed for the same indicator. */
  add(connection: Connection, finding: Finding): void {
    if (connection.flow === 0) return;
    connection.watched = true;
    const findings = this.byFlow.get(connection.flow);
    if (findings === undefined) {
      if (this.byFlow.size >= this.flowsMax) this.refused++;
      else this.byFlow.set(connection.flow, [finding]);
      return;
    }
    if (findings.some((known) => known.match.type === finding.match.type && known.match.value === finding.match.value)) return;
    if (findings.length >= findingsPerFlowMax) this.refused++;
    else findings.push(finding);
  }

  /** The flow has come further, or has ended: tells each of its findings again, with where it stands now. */
  advance(connection: Connection, ended: boolean, tsMicros: number, emit: FindingSink): void {
    const findings = this.byFlow.get(connection.flow);
    if (findings === undefined) return;
    if (ended) this.byFlow.delete(connection.flow);
    for (const finding of findings) {
      finding.isNewContact = false;
      finding.stage = stageOf(connection);
      finding.tsMicros = tsMicros;
      finding.bytesOut = connection.bytesOut;
      finding.bytesIn = connection.bytesIn;
      emit(finding);
    }
  }
}
