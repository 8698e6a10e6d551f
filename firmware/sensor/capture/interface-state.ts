/** Asks Linux about a network interface: is it there, is it up, does it have a link. Reads /sys only; opens and changes nothing. */
import { readFileSync } from 'node:fs';

const SYS_CLASS_NET = '/sys/class/net';
/** IFF_UP of linux/if.h. */
const FLAG_UP = 0x1;
/** The name by which Linux captures from all interfaces at once; it has no folder in /sys. */
export const EVERY_INTERFACE = 'any';

export interface InterfaceState {
  state: 'up' | 'down' | 'no-link' | 'missing';
  /** Stays with the device when it is renamed, and is never given to another while the machine runs. 0 where there is none. */
  index: number;
}

export function readInterfaceState(name: string): InterfaceState {
  if (name === EVERY_INTERFACE) return { state: 'up', index: 0 };
  const index = Number(readAttribute(name, 'ifindex') ?? 0);
  const flags = Number(readAttribute(name, 'flags') ?? 0);
  if (index === 0) return { state: 'missing', index };
  if ((flags & FLAG_UP) === 0) return { state: 'down', index };
  return { state: readAttribute(name, 'carrier') === '0' ? 'no-link' : 'up', index };
}

/** Undefined where the interface is gone, or while the kernel has no answer (carrier of an interface that is down). */
function readAttribute(name: string, attribute: string): string | undefined {
  try {
    return readFileSync(`${SYS_CLASS_NET}/${name}/${attribute}`, 'latin1').trim();
  } catch {
    return undefined;
  }
}
