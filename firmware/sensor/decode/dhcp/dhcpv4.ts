/**
 * One DHCPv4 or BOOTP message (RFC 2131, RFC 2132, RFC 4702) -> who asks: MAC, the names it gives itself, the address it wants or gets.
 * Routers, leases and the like are not read.
 */
import { formatAddress, formatMac, mappedWord } from '../../bytes/address.ts';
import type { Reader } from '../../bytes/reader.ts';
import type { Anomaly } from '../anomaly.ts';
import { dhcpLabels, dhcpText } from './dhcp-text.ts';

/** RFC 2132 §9.6; the rest from RFC 3203, 4388, 6926. DHCPv6: RFC 8415 §7.3. `bootp` has no type. */
export type DhcpMessageType =
  | 'bootp'
  | 'discover'
  | 'offer'
  | 'request'
  | 'decline'
  | 'ack'
  | 'nak'
  | 'release'
  | 'inform'
  | 'solicit'
  | 'advertise'
  | 'confirm'
  | 'renew'
  | 'rebind'
  | 'reply'
  | 'reconfigure'
  | 'information-request'
  | 'other';

/** Of DHCPv4 and DHCPv6 alike. Addresses as text by RFC 5952. */
export interface DhcpMessage {
  messageType: DhcpMessageType;
  /** `aa:bb:cc:dd:ee:ff`, the client's, Ethernet only. Absent too when the bytes are no DHCP. */
  mac?: string;
  hostname?: string;
  /** Fully qualified name (RFC 4702, RFC 4704). */
  fqdn?: string;
  requested?: string;
  assigned?: string;
  vendorClass?: string;
  anomaly?: Anomaly;
}

const messageTypes: readonly DhcpMessageType[] = ['bootp', 'discover', 'offer', 'request', 'decline', 'ack', 'nak', 'release', 'inform'];

/** RFC 2131 §3. */
const magicCookie = 0x63825363;
const serverNameBytes = 64;
const fileBytes = 128;
const hardwareAddressBytes = 16;
const ethernet = 1;
const ethernetAddressBytes = 6;
/** Far above the ~40 that any client sends. */
const optionsMax = 256;

/** RFC 2132; 81 is RFC 4702. */
const option = {
  pad: 0,
  hostname: 12,
  requestedAddress: 50,
  overload: 52,
  messageType: 53,
  vendorClass: 60,
  fqdn: 81,
  end: 255,
} as const;
/** RFC 4702 §2.1: the name is in DNS form. */
const fqdnWireFlag = 0x04;

interface Draft extends DhcpMessage {
  /** RFC 2132 §9.3: 1 = `file` holds options too, 2 = `sname`, 3 = both. */
  overload: number;
}

function readIPv4(value: Reader): string | undefined {
  const word = value.i32();
  return value.failed || word === 0 ? undefined : formatAddress(0, 0, mappedWord, word);
}

function readFqdn(value: Reader): string | undefined {
  const flags = value.u8();
  value.skip(2);
  return (flags & fqdnWireFlag) !== 0 ? dhcpLabels(value) : dhcpText(value);
}

function setText(draft: Draft, field: 'hostname' | 'fqdn' | 'requested' | 'vendorClass', text: string | undefined): void {
  if (text !== undefined) draft[field] ??= text;
}

function readOption(code: number, value: Reader, draft: Draft): void {
  switch (code) {
    case option.messageType:
      draft.messageType = messageTypes[value.u8()] ?? 'other';
      break;
    case option.hostname:
      setText(draft, 'hostname', dhcpText(value));
      break;
    case option.requestedAddress:
      setText(draft, 'requested', readIPv4(value));
      break;
    case option.vendorClass:
      setText(draft, 'vendorClass', dhcpText(value));
      break;
    case option.fqdn:
      setText(draft, 'fqdn', readFqdn(value));
      break;
    case option.overload:
      draft.overload |= value.u8();
      break;
  }
  if (value.failed) draft.anomaly ??= 'dhcp.bad-option';
}

function readOptions(options: Reader, draft: Draft): void {
  for (let count = 0; count < optionsMax && options.remaining > 0; ) {
    const code = options.u8();
    if (code === option.pad) continue;
    if (code === option.end) return;
    const value = options.window(options.u8());
    if (options.failed) {
      draft.anomaly ??= 'dhcp.bad-option';
      return;
    }
    readOption(code, value, draft);
    count++;
  }
}

function readHardwareAddress(reader: Reader, type: number, length: number): string | undefined {
  const address = reader.window(hardwareAddressBytes);
  const high = address.u16();
  const low = address.i32();
  return type === ethernet && length === ethernetAddressBytes && (high | low) !== 0 ? formatMac(high, low) : undefined;
}

/** Reads the message that fills `reader`. Without `mac` it is cut, not of Ethernet, or no DHCP at all. */
export function decodeDhcpv4(reader: Reader): DhcpMessage {
  const operation = reader.u8();
  const hardwareType = reader.u8();
  const hardwareLength = reader.u8();
  reader.skip(9);
  const clientAddress = readIPv4(reader);
  const assigned = readIPv4(reader);
  reader.skip(8);
  const draft: Draft = { messageType: 'bootp', overload: 0 };
  if (!reader.failed && (operation < 1 || operation > 2)) return { messageType: 'other', anomaly: 'dhcp.bad-option' };
  const mac = readHardwareAddress(reader, hardwareType, hardwareLength);
  const serverName = reader.window(serverNameBytes);
  const file = reader.window(fileBytes);
  if (reader.failed) return { messageType: 'other', anomaly: 'dhcp.truncated' };
  if (reader.remaining > 0 && reader.u32() === magicCookie) {
    readOptions(reader, draft);
    // RFC 2131 §4.1: first `file`, then `sname`.
    const overload = draft.overload;
    if ((overload & 1) !== 0) readOptions(file, draft);
    if ((overload & 2) !== 0) readOptions(serverName, draft);
  }
  const { overload: _, ...message } = draft;
  if (mac !== undefined) message.mac = mac;
  if (assigned !== undefined) message.assigned = assigned;
  // RFC 2131 §4.3.2: a client that renews names its address here instead of in the option.
  if (message.messageType === 'request' && clientAddress !== undefined) message.requested ??= clientAddress;
  return message;
}
