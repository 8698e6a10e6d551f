/**
 * Which alerts shall not be told at present, and how many each suppression has hidden. The first of the list that covers an alert counts it. It
 * keeps no alerts and tells none.
 */
import { type Stage, stages } from '../../contract/alert.ts';
import { NetworkSet } from '../bytes/network.ts';
import type { Finding } from '../detect/finding.ts';
import type { AlertContext } from './alert-text.ts';
import { macPattern, type Suppression } from './suppression-options.ts';

type DescribeHost = AlertContext['describeHost'];

interface Cover {
  id: string;
  kind: Finding['kind'] | undefined;
  indicator: string | undefined;
  family: string | undefined;
  /** Place in `stages` of the furthest stage that is hidden. */
  furthest: number;
  untilMicros: number;
  networks: NetworkSet | undefined;
  mac: string | undefined;
}

/** What of an alert decides whether it is covered. */
interface Covered {
  finding: Finding;
  stage: Stage;
}

export class Suppressions {
  private readonly covers: readonly Cover[];
  private readonly describeHost: DescribeHost;
  private readonly hidden: Map<string, number>;

  /** `before`: the list that this one replaces; the counts of those that stay go on. */
  constructor(list: readonly Suppression[], describeHost: DescribeHost, before?: Suppressions) {
    this.covers = list.map(coverOf);
    this.describeHost = describeHost;
    this.hidden = new Map(list.map(({ id }) => [id, before?.hidden.get(id) ?? 0]));
  }

  /** Alerts hidden by id of the suppression; those that hid none are left out. */
  get counts(): Record<string, number> {
    return Object.fromEntries([...this.hidden].filter(([, count]) => count > 0));
  }

  /** Counts an alert that is hidden by this one, which the caller does once for each. */
  count(id: string): void {
    this.hidden.set(id, (this.hidden.get(id) ?? 0) + 1);
  }

  /** Id of the suppression that covers an alert at this time (frame time); undefined: it is to be told. */
  covering({ finding, stage }: Covered, nowMicros: number): string | undefined {
    for (const cover of this.covers) if (this.isCovered(cover, finding, stage, nowMicros)) return cover.id;
    return undefined;
  }

  private isCovered(cover: Cover, { kind, match, host }: Finding, stage: Stage, nowMicros: number): boolean {
    return (
      nowMicros < cover.untilMicros &&
      stages.indexOf(stage) <= cover.furthest &&
      (cover.kind === undefined || cover.kind === kind) &&
      (cover.indicator === undefined || cover.indicator === match.value) &&
      (cover.family === undefined || cover.family === match.family?.toLowerCase()) &&
      (cover.networks === undefined || cover.networks.has(...host)) &&
      (cover.mac === undefined || cover.mac === this.describeHost(...host).mac)
    );
  }
}

function coverOf({ id, host, kind, indicator, family, stageMax, until }: Suppression): Cover {
  const isMac = host !== undefined && macPattern.test(host);
  return {
    id,
    kind,
    indicator,
    // Lists do not agree on the case of names.
    family: family?.toLowerCase(),
    furthest: stages.indexOf(stageMax),
    untilMicros: Date.parse(until) * 1000,
    networks: host === undefined || isMac ? undefined : new NetworkSet([host]),
    mac: isMac ? host.toLowerCase().replaceAll('-', ':') : undefined,
  };
}
