/**
 * One DHCPv6 message (RFC 8415), also one that relays wrapped -> who asks: the MAC in its DUID, its name, the address it wants or gets.
 * Prefixes, servers and leases are not read.
 */
import { formatAddress, formatMac } from '../../bytes/address.ts';
import type { Reader } from '../../bytes/reader.ts';
import { dhcpLabels, dhcpText } from './dhcp-text.ts';
import type { DhcpMessage, DhcpMessageType } from './dhcpv4.ts';

/** RFC 8415 §7.3. */
const messageTypes: readonly (DhcpMessageType | undefined)[] = [
  undefined,
  'solicit',
  'advertise',
  'request',
  'confirm',
  'renew',
  'rebind',
  'reply',
  'release',
  'decline',
  'reconfigure',
  'information-request',
];
const relayForward = 12;
const relayReply = 13;
/** RFC 8415 §9: hop count, link address, peer address. */
const relayHeaderBytes = 33;
/** RFC 8415 §7.6 allows 8 relays; real networks have one. */
const relaysMax = 8;
/** Far above what any client sends. */
const optionsMax = 256;
const transactionBytes = 3;
const ethernet = 1;
const ethernetAddressBytes = 6;

/** RFC 8415 §21; 39 is RFC 4704, 79 is RFC 6939. */
const option = { clientId: 1, nonTemporary: 3, address: 5, relayMessage: 9, vendorClass: 16, fqdn: 39, linkLayerAddress: 79 } as const;
/** RFC 8415 §11.2 and §11.4: DUIDs that hold a link-layer address. */
const duidLinkLayerTime = 1;
const duidLinkLayer = 3;

function readMac(value: Reader): string | undefined {
  if (value.u16() !== ethernet || value.remaining !== ethernetAddressBytes) return undefined;
  return formatMac(value.u16(), value.i32());
}

function readDuid(value: Reader): string | undefined {
  const type = value.u16();
  const address = value;
  if (type === duidLinkLayer) return readMac(address);
  if (type !== duidLinkLayerTime || value.remaining !== 2 + 4 + ethernetAddressBytes) return undefined;
  const hardware = value.u16();
  value.skip(4);
  return hardware === ethernet ? formatMac(value.u16(), value.i32()) : undefined;
}

/** RFC 8415 §21.4, §21.6: the first address of an association. */
function readAssociation(value: Reader): string | undefined {
  value.skip(12);
  let found: string | undefined;
  readOptions(value, (code, inner) => {
    if (code !== option.address || found !== undefined) return;
    const text = formatAddress(inner.i32(), inner.i32(), inner.i32(), inner.i32());
    if (!inner.failed && text !== '::') found = text;
  });
  return found;
}

/** RFC 8415 §21.16: enterprise number, then pieces with a length; the first says it. */
function readVendorClass(value: Reader): string | undefined {
  value.skip(4);
  const piece = value.window(value.u16());
  return value.failed ? undefined : dhcpText(piece);
}

function readFqdn(value: Reader): string | undefined {
  value.skip(1);
  return dhcpLabels(value);
}

/** False when the options are cut. */
function readOptions(options: Reader, each: (code: number, value: Reader) => void): boolean {
  for (let count = 0; count < optionsMax && options.remaining > 0; count++) {
    const code = options.u16();
    const value = options.window(options.u16());
    if (options.failed) return false;
    each(code, value);
  }
  return !options.failed;
}

function setText(message: DhcpMessage, field: 'mac' | 'fqdn' | 'vendorClass' | 'requested' | 'assigned', text: string | undefined): void {
  if (text !== undefined) message[field] ??= text;
}

function readOption(code: number, value: Reader, message: DhcpMessage, fromServer: boolean): void {
  switch (code) {
    case option.clientId:
      setText(message, 'mac', readDuid(value));
      break;
    case option.nonTemporary:
      setText(message, fromServer ? 'assigned' : 'requested', readAssociation(value));
      break;
    case option.vendorClass:
      setText(message, 'vendorClass', readVendorClass(value));
      break;
    case option.fqdn:
      setText(message, 'fqdn', readFqdn(value));
      break;
  }
  if (value.failed) message.anomaly ??= 'dhcp.bad-option';
}

function readMessage(reader: Reader, message: DhcpMessage, depth: number): void {
  const type = reader.u8();
  if (type === relayForward || type === relayReply) {
    reader.skip(relayHeaderBytes);
    const whole = readOptions(reader, (code, value) => {
      if (code === option.relayMessage && depth < relaysMax) readMessage(value, message, depth + 1);
      else if (code === option.linkLayerAddress) setText(message, 'mac', readMac(value));
    });
    if (!whole) message.anomaly ??= 'dhcp.bad-option';
    return;
  }
  message.messageType = messageTypes[type] ?? 'other';
  reader.skip(transactionBytes);
  if (reader.failed) {
    message.anomaly ??= 'dhcp.truncated';
    return;
  }
  if (message.messageType === 'other') return;
  const fromServer = message.messageType === 'reply' || message.messageType === 'advertise' || message.messageType === 'reconfigure';
  if (!readOptions(reader, (code, value) => readOption(code, value, message, fromServer))) message.anomaly ??= 'dhcp.bad-option';
}

/** Reads the message that fills `reader`. */
export function decodeDhcpv6(reader: Reader): DhcpMessage {
  const message: DhcpMessage = { messageType: 'other' };
  readMessage(reader, message, 0);
  return message;
}
