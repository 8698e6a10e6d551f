/**
 * Says of a filter, before a running sensor gives up its capture for it, whether libpcap takes it. Opens a session to ask, since the filter of a link
 * type can only be compiled for a link, and captures nothing.
 */
import type { SourceConfig } from './configured-source.ts';
import { readInterfaceState } from './interface-state.ts';
import { liveOptionsSchema } from './live-options.ts';
import { oneLine } from './live-status.ts';
import { PacketSession } from './node-pcap.ts';

/** The smallest that the options allow: nothing is read from it. */
const kernelBufferBytes = 1_048_576;

/**
 * Why a capture with these options would not begin, in words; undefined: it would, or nobody can say, as where the interface is not there. A session
 * that could be opened stays until the process ends or a frame comes: to be asked by a sensor that ends if all is well.
 */
export function filterFault({ file, pace: _pace, once: _once, retime: _retime, ...live }: SourceConfig): string | undefined {
  if (file !== undefined || live.filter === undefined || live.filter === '') return undefined;
  const options = liveOptionsSchema.safeParse(live).data;
  if (options === undefined) return undefined;
  const { state } = readInterfaceState(options.interface);
  if (state === 'missing' || state === 'down') return undefined;
  try {
    new PacketSession({ ...options, kernelBufferBytes, promiscuous: false }, () => undefined).close();
    return undefined;
  } catch (error) {
    const words = oneLine(error);
    return /CAP_NET_|permi/i.test(words)
      ? undefined
      : `cannot capture on ${options.interface}: ${words} (filter: ${oneLine(options.filter)})`;
  }
}
