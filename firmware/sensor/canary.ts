/**
 * Tries a release of indicators before it is used: a DNS query for its canary, as a frame, through a pipeline of its own, must give one alert. What
 * loads but does not match (a foreign file, a wrong seed, a set of another release) is found here and not by its silence.
 */
import { canaryDomain } from '../contract/intelligence-message.ts';
import type { Indicators } from './intel/indicator.ts';
import { Pipeline } from './pipeline.ts';
import { pipelineOptions } from './pipeline-options.ts';

/** LINKTYPE_ETHERNET. */
const ethernet = 1;
/** RFC 5737: addresses that no machine has, so that the frame is of no network of ours. */
const client = [192, 0, 2, 1];
const server = [192, 0, 2, 53];

/** As small as the options allow: it lives for one frame. */
const options = pipelineOptions.parse({
  homeNetworks: ['192.0.2.0/24'],
  hostsMax: 16,
  flows: { flowsMax: 1024 },
  streams: { connectionsMax: 64, bufferedMaxBytes: 65_536 },
});

/** Why the set cannot be the release of this version, in words; undefined: it is. `nowMs`: for the expiry of what it holds. */
export function canaryFault(set: Indicators, release: number, nowMs: number): string | undefined {
  const domain = canaryDomain(release);
  const matched: (string | undefined)[] = [];
  const pipeline = new Pipeline({
    options,
    indicators: set,
    box: 'canary',
    version: '0',
    onAlert: ({ match }) => matched.push(match?.value),
  });
  const bytes = queryFrame(domain);
  pipeline.frame({ bytes, start: 0, end: bytes.length, originalLength: bytes.length, tsMicros: nowMs * 1000, linkType: ethernet });
  if (pipeline.bugs > 0) return 'looking for its canary gave a fault of our own';
  if (matched.length === 0) return `its canary ${domain} gave no alert`;
  return matched.length === 1 && matched[0]?.replace('=', '') === domain ? undefined : `its canary ${domain} gave ${matched.join(', ')}`;
}

/** One question for the A record of a name, over UDP and IPv4 in an Ethernet frame. Checksums are left 0; nobody in the box checks them. */
function queryFrame(name: string): Buffer {
  const labels = name.split('.').flatMap((label) => [label.length, ...Buffer.from(label, 'latin1')]);
  // RFC 1035 §4.1: id 1, recursion desired, one question; the name, type A, class IN.
  const dns = [0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, ...labels, 0, 0, 1, 0, 1];
  const udp = [...uint16(49_152), ...uint16(53), ...uint16(8 + dns.length), 0, 0, ...dns];
  // RFC 791 §3.1: version 4, five words, no fragment, time to live 64, protocol UDP.
  const ip = [0x45, 0, ...uint16(20 + udp.length), 0, 1, 0, 0, 64, 17, 0, 0, ...client, ...server, ...udp];
  const link = [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0];
  return Buffer.from([...link, ...ip]);
}

function uint16(value: number): [high: number, low: number] {
  return [value >> 8, value & 255];
}
