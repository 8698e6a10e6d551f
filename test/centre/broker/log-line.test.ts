import { describe, expect, it } from 'vitest';
import { type LogEvent, logEventKinds, logEventMeanings, readLogLine } from '../../../centre/broker/log-line.ts';

/** As Mosquitto 2.0.11 and the log filter wrote them. */
const lines: [string, LogEvent | undefined][] = [
  [
    "Denied PUBLISH from hx-01 (d0, q1, r0, m30986, 'vonggac/1/up/hx-02/alert', ... (2 bytes))",
    { kind: 'publish-denied', client: 'hx-01', topic: 'vonggac/1/up/hx-02/alert' },
  ],
  [
    "Denied PUBLISH from hx-01 (d0, q1, r0, m1, 'it's (odd', ... (9 bytes))",
    { kind: 'publish-denied', client: 'hx-01', topic: "it's (odd" },
  ],
  [
    "Denied PUBLISH from hx-01 (d0, q1, r0, m1, 'cut short by Mosq",
    { kind: 'publish-denied', client: 'hx-01', topic: 'cut short by Mosq' },
  ],
  [
    "Denied WILL from hx-01 ('vonggac/1/up/hx-02/presence')",
    { kind: 'will-denied', client: 'hx-01', topic: 'vonggac/1/up/hx-02/presence' },
  ],
  [
    "Foreign SUBSCRIBE from hx-01 ('$share/ingest/vonggac/1/up/#')",
    { kind: 'subscription-foreign', client: 'hx-01', topic: '$share/ingest/vonggac/1/up/#' },
  ],
  [
    'OpenSSL Error[0]: error:0A000086:SSL routines::certificate verify failed',
    { kind: 'certificate-refused', detail: 'SSL routines::certificate verify failed' },
  ],
  [
    'Client connection from 10.1.2.3 failed: error:0A000086:SSL routines::certificate verify failed.',
    { kind: 'certificate-refused', address: '10.1.2.3', detail: 'SSL routines::certificate verify failed' },
  ],
  [
    'OpenSSL Error[0]: error:0A0000C7:SSL routines::peer did not return a certificate',
    { kind: 'certificate-missing', detail: 'SSL routines::peer did not return a certificate' },
  ],
  [
    'Client connection from 2001:db8::7 failed: error:0A000102:SSL routines::unsupported protocol.',
    { kind: 'tls-failed', address: '2001:db8::7', detail: 'SSL routines::unsupported protocol.' },
  ],
  ['Client hx-01 already connected, closing old connection.', { kind: 'client-displaced', client: 'hx-01' }],
  ['Client <unknown> has exceeded timeout, disconnecting.', { kind: 'connection-silent' }],
  ['Client <unknown> disconnected due to protocol error.', { kind: 'protocol-error', detail: 'protocol error' }],
  ['Client hx-01 disconnected due to malformed packet.', { kind: 'protocol-error', client: 'hx-01', detail: 'malformed packet' }],
  ['Client hx-01 disconnected due to oversize packet.', { kind: 'packet-oversize', client: 'hx-01', detail: 'oversize packet' }],
  ['Client hx-01 disconnected due to out of memory.', { kind: 'memory-full', client: 'hx-01', detail: 'out of memory' }],
  ['Invalid protocol "MQXX" in CONNECT from 10.1.2.3.', { kind: 'protocol-error', address: '10.1.2.3', detail: 'Invalid protocol "MQXX"' }],
  ['ACL denying access to client with dangerous username "hx-#"', { kind: 'name-refused', client: 'hx-#' }],
  [
    'Client connection from 10.1.2.3 denied: max_connections exceeded.',
    { kind: 'connections-full', address: '10.1.2.3', detail: 'max_connections exceeded.' },
  ],
  ['Outgoing messages are being dropped for client centre-1.', { kind: 'messages-dropped', client: 'centre-1' }],
  [
    'Error: Unable to load certificate revocation file "/etc/x/boxes.crl". Check crlfile.',
    { kind: 'configuration-fault', detail: 'Error: Unable to load certificate revocation file "/etc/x/boxes.crl". Check crlfile.' },
  ],
  ['Left out: 1234 lines of this second', { kind: 'lines-left-out', detail: '1234' }],
  // What is no event.
  ["New client connected from 127.0.0.1:33296 as hx-01 (p5, c1, k60, u'hx-01').", undefined],
  ['Client hx-01 has exceeded timeout, disconnecting.', undefined],
  ['Client hx-01 closed its connection.', undefined],
  ['Client <unknown> disconnected: Protocol error.', undefined],
  ['OpenSSL Error[0]: error:0A000126:SSL routines::unexpected eof while reading', undefined],
  ['Client connection from 127.0.0.1 failed: error:0A000126:SSL routines::unexpected eof while reading.', undefined],
  ['OpenSSL Error[1]: error:05880009:x509 certificate routines::PEM lib', undefined],
  ['hx-01 1 vonggac/1/down/hx-01/ack', undefined],
  ['mosquitto version 2.0.11 running', undefined],
  ['', undefined],
];

describe('a line of the broker’s log', () => {
  it.each(lines)('%s', (line, event) => {
    expect(readLogLine(line)).toEqual(event);
  });

  it('is read the same with either time before it', () => {
    for (const [line, event] of lines) {
      for (const time of ['1795407484: ', '2026-11-23T04:35:50+0000: ', '2026-11-23T04:35:50Z: '])
        expect(readLogLine(`${time}${line}\n`)).toEqual(event);
    }
  });

  it('cannot pass for another one by what a client put into a topic', () => {
    const forged = "x', ... (1 bytes)) Client hx-09 disconnected due to out of memory.";
    expect(readLogLine(`Denied PUBLISH from hx-01 (d0, q1, r0, m1, '${forged}', ... (1 bytes))`)).toMatchObject({
      kind: 'publish-denied',
      client: 'hx-01',
    });
  });

  it('costs little and throws never, whatever it holds', () => {
    const parts = lines.map(([line]) => line);
    const hostile = [
      `Denied PUBLISH from hx-01 (d0, q1, r0, m1, '${"', ... (1 bytes) ".repeat(5_000)}`,
      `Client connection from ${'a'.repeat(100_000)}`,
      `OpenSSL Error[0]: error:0A:SSL routines:${'certificate verify faile'.repeat(5_000)}`,
      'x'.repeat(1_000_000),
      '\u0000\uffff\ud800',
      ...parts.flatMap((line) => [line.slice(0, line.length / 2), line.slice(5), line.repeat(50), line.toUpperCase()]),
    ];
    const startMs = performance.now();
    for (const line of hostile) {
      const event = readLogLine(line);
      for (const value of Object.values(event ?? {})) expect(value.length).toBeLessThanOrEqual(256);
    }
    expect(performance.now() - startMs).toBeLessThan(1_000);
  });

  it('has words in both languages for every kind', () => {
    for (const kind of logEventKinds) {
      const { vi, en } = logEventMeanings[kind];
      expect([kind, vi.length > 5, en.length > 5, vi !== en]).toEqual([kind, true, true, true]);
    }
  });
});
