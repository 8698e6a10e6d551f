/**
 * One line of the broker's log -> what it tells of somebody who was turned away or misbehaved, or nothing. Takes lines as they come on
 * `brokerLogTopics` or stand in the log file, with or without a time. Who the client is, is as sure as the line says: an address is no name.
 * Mosquitto does not log why a certificate was refused, nor whose it was.
 */

export const logEventKinds = [
  'publish-denied',
  'will-denied',
  'subscription-foreign',
  'certificate-refused',
  'certificate-missing',
  'tls-failed',
  'name-refused',
  'client-displaced',
  'protocol-error',
  'packet-oversize',
  'connection-silent',
  'connections-full',
  'memory-full',
  'messages-dropped',
  'configuration-fault',
  'lines-left-out',
] as const;
export type LogEventKind = (typeof logEventKinds)[number];

export interface LogEvent {
  kind: LogEventKind;
  /** The client id: of a box, the name that its certificate proved. Absent where the connection had none yet. */
  client?: string;
  topic?: string;
  /** Where the connection came from. */
  address?: string;
  /** What OpenSSL or Mosquitto said, or how many lines. */
  detail?: string;
}

/**
 * What a kind means. `isRefusal`: somebody was turned away, or tried what nobody of ours does, or the door may stand open; a single one is
 * worth a look. The others also come of broken links and slow machines.
 */
export const logEventMeanings: Readonly<Record<LogEventKind, { isRefusal: boolean; vi: string; en: string }>> = {
  'publish-denied': { isRefusal: true, vi: 'gửi vào chủ đề không được phép', en: 'published to a topic that is not its own' },
  'will-denied': { isRefusal: true, vi: 'để lại di chúc trên chủ đề không được phép', en: 'left a will on a topic that is not its own' },
  'subscription-foreign': {
    isRefusal: true,
    vi: 'đăng ký nghe chủ đề không phải của mình; nội dung không được gửi tới',
    en: 'subscribed to topics that are not its own; their contents are not delivered',
  },
  'certificate-refused': {
    isRefusal: true,
    vi: 'chứng thư bị từ chối: CA lạ, hết hạn hoặc đã thu hồi',
    en: 'certificate refused: of a foreign authority, expired or revoked',
  },
  'certificate-missing': { isRefusal: true, vi: 'kết nối không có chứng thư', en: 'connected without a certificate' },
  'tls-failed': { isRefusal: true, vi: 'không lập được kênh TLS', en: 'the TLS handshake failed' },
  'name-refused': { isRefusal: true, vi: 'tên trong chứng thư không dùng được', en: 'the name in the certificate is unfit' },
  'client-displaced': {
    isRefusal: false,
    vi: 'một kết nối mới cùng tên thay chỗ kết nối cũ; lặp lại nhiều lần là hai máy dùng chung chứng thư',
    en: 'a new connection of the same name took the place of the old one; again and again means two machines with one certificate',
  },
  'protocol-error': { isRefusal: true, vi: 'gửi dữ liệu không phải MQTT hợp lệ', en: 'sent what is not proper MQTT' },
  'packet-oversize': { isRefusal: true, vi: 'gửi gói tin quá lớn', en: 'sent a packet that is too large' },
  'connection-silent': { isRefusal: false, vi: 'kết nối rồi không nói gì', en: 'connected and said nothing' },
  'connections-full': { isRefusal: true, vi: 'broker hết chỗ cho kết nối mới', en: 'the broker has no room for another connection' },
  'memory-full': { isRefusal: true, vi: 'broker hết bộ nhớ được cấp', en: 'the broker has used up its memory' },
  'messages-dropped': { isRefusal: false, vi: 'máy nhận quá chậm, tin bị bỏ', en: 'the receiver is too slow, messages are dropped' },
  'configuration-fault': {
    isRefusal: true,
    vi: 'broker không nạp được quyền truy cập, chứng thư hoặc CRL; có thể đang để ngỏ cửa',
    en: 'the broker could not load access rights, certificates or a CRL, and may stand open',
  },
  'lines-left-out': { isRefusal: false, vi: 'quá nhiều dòng nhật ký, một phần bị bỏ', en: 'too many log lines, some were left out' },
};

/** Mosquitto cuts its lines at 1,000 bytes. */
const lineCharactersMax = 2_000;
const valueCharactersMax = 256;

/** Seconds since 1970, or as our configuration has it; then colon and blank. */
const time = /^(?:\d{9,11}|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:Z|[+-]\d{4})?): /;

/** What OpenSSL has against a client. It comes with the address where the whole handshake failed in the moment of accepting. */
function tlsFault(reason: string): RegExp {
  return new RegExp(
    `^(?:OpenSSL Error\\[\\d+\\]|Client connection from (?<address>\\S+) failed): error:\\w+:(?<detail>SSL routines:.*${reason})`,
  );
}

/** Groups carry the names of the fields. Every pattern begins at the beginning and repeats nothing within a repetition. */
const patterns: readonly (readonly [LogEventKind, RegExp])[] = [
  // The topic may be cut short, quote and all.
  ['publish-denied', /^Denied PUBLISH from (?<client>\S+) \(d\d, q\d, r\d, m\d+, '(?<topic>.*?)(?:', \.\.\. \(\d+ bytes\)\))?$/],
  // These two are the log filter's own words.
  ['will-denied', /^Denied WILL from (?<client>\S+) \('(?<topic>.*?)(?:'\))?$/],
  ['subscription-foreign', /^Foreign SUBSCRIBE from (?<client>\S+) \('(?<topic>.*?)(?:'\))?$/],
  ['certificate-refused', tlsFault('certificate verify failed')],
  ['certificate-missing', tlsFault('peer did not return a certificate')],
  // Other parts of OpenSSL complain of our own files; Mosquitto says which one in a line of its own.
  ['tls-failed', tlsFault('')],
  ['connections-full', /^Client connection from (?<address>\S+) denied: (?<detail>max_connections.*)/],
  ['connections-full', /^(?<detail>Unable to accept new connection, .*)/],
  ['name-refused', /^ACL denying access to client with dangerous \S+(?: id)? "(?<client>[^"]*)/],
  ['name-refused', /^Client (?<client>\S+) disconnected, not authorised/],
  ['client-displaced', /^Client (?<client>\S+) already connected, closing old connection/],
  ['packet-oversize', /^Client (?<client>\S+) disconnected due to (?<detail>oversize (?:packet|payload))/],
  ['memory-full', /^Client (?<client>\S+) disconnected due to (?<detail>out of memory)/],
  ['protocol-error', /^Client (?<client>\S+) disconnected due to (?<detail>malformed packet|protocol error|QoS too high.*)/],
  ['connection-silent', /^Client (?<client><unknown>) has exceeded timeout/],
  ['protocol-error', /^Bad client (?<client>\S+) (?<detail>sending multiple CONNECT messages)/],
  ['protocol-error', /^(?<detail>Invalid (?:protocol|Will QoS).*?) (?:in CONNECT )?from (?<address>\S+?)\.$/],
  ['protocol-error', /^(?<detail>(?:Empty|Invalid) (?:un)?subscription string) from (?<address>\S+?), disconnecting/],
  ['protocol-error', /^(?<detail>(?:Invalid|Too high) QoS in PUBLISH) from (?<client>\S+?), disconnecting/],
  ['messages-dropped', /^Outgoing messages are being dropped for client (?<client>\S+?)\.?$/],
  ['memory-full', /^Error: (?<detail>Out of memory)/],
  ['configuration-fault', /^(?<detail>Error(?:: (?:Unable|Invalid|Missing|Empty|Server|Couldn't)| when reloading| opening| loading).*)/],
  ['lines-left-out', /^Left out: (?<detail>\d+) lines/],
];

/** A client that went away in the middle, and whatever follows an error that was told already. */
const noise = /unexpected eof while reading|^Client <unknown> disconnected: /;
/** Never throws, whatever the line. */
export function readLogLine(line: string): LogEvent | undefined {
  const text = line.slice(0, lineCharactersMax).trimEnd().replace(time, '');
  if (noise.test(text)) return undefined;
  for (const [kind, pattern] of patterns) {
    const groups = pattern.exec(text)?.groups;
    if (groups !== undefined) return eventOf(kind, groups);
  }
  return undefined;
}

function eventOf(kind: LogEventKind, groups: Record<string, string | undefined>): LogEvent {
  const event: LogEvent = { kind };
  for (const field of ['client', 'topic', 'address', 'detail'] as const) {
    const value = groups[field];
    if (value !== undefined && value !== '<unknown>') event[field] = value.slice(0, valueCharactersMax);
  }
  return event;
}
