/**
 * Says of a value that is new in a release what a person should know before it goes out: not wrong in itself, as poison is, but more often an error than
 * not. Pure.
 */
import type { Words } from '../../../firmware/contract/language.ts';
import { concernOf } from '../import/concern.ts';
import { sharedNetworks } from './known-infrastructure.ts';
import { networkOf, networksOf, overlap } from './network.ts';
import type { Value } from './poison.ts';
import type { PopularDomains } from './popular-domains.ts';

export const judgements = ['popular', 'wide-network', 'shared-suffix', 'shared-network'] as const;
export type Judgement = (typeof judgements)[number];

/** A whole hosting range: an IPv4 /15 is 131,072 addresses; a /31 of IPv6 is more than one provider. */
const hostingIPv4 = 96 + 16;
const hostingIPv6 = 32;

export interface Judged {
  judgement: Judgement;
  detail: Words;
}

export class ValueJudge {
  private readonly popular: PopularDomains | undefined;
  private readonly shared = networksOf(sharedNetworks);

  constructor(popular: PopularDomains | undefined) {
    this.popular = popular;
  }

  judge(value: Value): Judged | undefined {
    const rank = this.popular?.rankOf(value);
    if (rank !== undefined) return { judgement: 'popular', detail: { en: `rank ${rank}`, vi: `hạng ${rank}` } };
    if (value.kind === 'domain') return this.ofDomain(value.value);
    return value.kind === 'cidr' || value.kind === 'address' ? this.ofNetwork(value.value) : undefined;
  }

  private ofDomain(value: string): Judged | undefined {
    if (value.startsWith('=') || concernOf(value) !== 'shared-suffix') return undefined;
    return { judgement: 'shared-suffix', detail: { en: 'anybody gets a name below it', vi: 'ai cũng có thể có tên miền bên dưới' } };
  }

  private ofNetwork(value: string): Judged | undefined {
    const network = networkOf(value);
    if (network === undefined) return undefined;
    if (network.length < (network.isIPv4 ? hostingIPv4 : hostingIPv6))
      return { judgement: 'wide-network', detail: { en: 'a whole hosting range', vi: 'cả dải địa chỉ của nhà cung cấp' } };
    const shared = this.shared.findIndex((other) => overlap(other, network));
    return shared < 0
      ? undefined
      : { judgement: 'shared-network', detail: { en: `in ${sharedNetworks[shared]}`, vi: `thuộc ${sharedNetworks[shared]}` } };
  }
}
