/**
 * health/1: the visibility ledger. What a box saw, lost and could not understand, and what it runs on. Within version 1 fields are only ever
 * added. With a `seq` it is a summary of a longer interval that was kept until the centre had it: history, not retained.
 */
import { z } from 'zod';
import { durableFields } from './durable.ts';
import { seenMemorySchema } from './sighting.ts';

const count = z.int().min(0);
const timestamp = z.string().meta({ description: 'RFC 3339, UTC', format: 'date-time' });
const share = z.number().min(0).max(1);

export const captureStates = ['starting', 'running', 'waiting', 'ended', 'failed'] as const;
/** `waiting`: the interface is down or gone, and is tried again. `ended`: a file was read to its end. `failed`: given up. */
export type CaptureState = (typeof captureStates)[number];

export const clockSchema = z.object({
  synced: z.boolean(),
  offsetMs: z.number().optional().meta({ description: 'ahead of the time server; absent: nobody says' }),
});
export type ClockState = z.infer<typeof clockSchema>;

/** Of one of the two processes that write into the outbox. Totals since its start. */
export const outboxWriterSchema = z.object({
  mode: z.enum(['disk', 'memory']).meta({ description: 'memory: the disk cannot be written; messages wait in memory or are handed over' }),
  error: z.string().optional().meta({ description: 'why not on disk' }),
  waiting: count.meta({ description: 'messages not yet committed' }),
  waitingBytes: count,
  lost: count.meta({ description: 'messages dropped for want of room in memory' }),
  begunAnew: count.meta({ description: 'outboxes found damaged or gone, and begun anew' }),
});
export type OutboxWriterReport = z.infer<typeof outboxWriterSchema>;

const captureSchema = z.object({
  state: z.enum(captureStates).meta({
    description: 'waiting: the interface is down or gone and is tried again. ended: a file was read to its end. failed: given up.',
  }),
  source: z.string().meta({ description: 'interface or file' }),
  error: z.string().optional().meta({ description: 'why it is not running' }),
  shedding: z.boolean().meta({ description: 'a kernel filter drops what the detectors need least, for want of time' }),
  filter: z.string().optional().meta({ description: 'the kernel filter in force' }),
  packets: count.meta({ description: 'frames received since the start' }),
  bytes: count.meta({ description: 'bytes of these frames on the wire' }),
  kernelDropped: count.optional().meta({ description: 'frames lost in the kernel since the start; absent: cannot be known' }),
  interfaceDropped: count.optional().meta({ description: 'frames lost by the interface since the start; absent: cannot be known' }),
});

const tlsMeaning = 'of the bytes in flows, those of flows in which a TLS hello was seen (over TCP; STARTTLS and proxied tunnels too)';
const quicMeaning = 'of the bytes in flows, those of flows in which a QUIC Initial packet was seen';
const encryptedDnsMeaning =
  'of the bytes of name lookups (DNS on port 53, and encrypted DNS), those of encrypted DNS: port 853 (DoT, DoQ), or a TLS or QUIC hello that names a well-known resolver (DoH)';
const oneWayMeaning =
  'TCP flows that ended, in which one side sent data and not a packet of the other was seen: of a conversation, that is half a mirror';

const trafficSchema = z
  .object({
    tlsShare: share.optional().meta({ description: tlsMeaning }),
    quicShare: share.optional().meta({ description: quicMeaning }),
    encryptedDnsShare: share.optional().meta({ description: encryptedDnsMeaning }),
    bytes: count.optional().meta({ description: 'IP bytes in flows, headers included, the outer packets of tunnels left out' }),
    tlsBytes: count.optional(),
    quicBytes: count.optional(),
    dnsBytes: count.optional().meta({ description: 'of flows on port 53' }),
    encryptedDnsBytes: count.optional(),
    flows: count.optional().meta({ description: 'flows that ended' }),
    tcpFlows: count.optional().meta({ description: 'TCP flows that ended and carried data' }),
    oneWayFlows: count.optional().meta({ description: oneWayMeaning }),
    oneWayRecentShare: share.optional().meta({ description: 'of the latest 64 or so TCP flows that carried data, those seen one way' }),
  })
  .meta({ description: 'since the start of the sensor; an open flow is counted every 16 s and at its end' });

/** What the sensor's process reports to the agent: running totals, never differences. It crosses the process boundary. */
export const sensorReportSchema = z.object({
  capture: captureSchema,
  decode: z
    .object({
      anomalies: z.record(z.string(), count).meta({ description: 'frames and messages not understood, by anomaly, since the start' }),
      caughtBugs: count.optional().meta({ description: 'frames whose processing failed by our own fault' }),
    })
    .optional(),
  traffic: trafficSchema.optional(),
  flows: z
    .object({
      live: count,
      refused: count.meta({ description: 'new flows not followed because the table was full, since the start' }),
      replaced: count.optional().meta({ description: 'flows without an answer that gave way to newer ones, since the start' }),
    })
    .optional(),
  streams: z
    .object({
      live: count.meta({ description: 'conversations whose payload is being read' }),
      refused: count.meta({ description: 'conversations not read because too many were, since the start' }),
      segmentsRefused: count.meta({ description: 'TCP segments out of order that there was no room to keep, since the start' }),
    })
    .optional(),
  hosts: z
    .object({
      known: count.meta({ description: 'machines on the LAN that are remembered' }),
      refused: count.meta({ description: 'sightings of further machines because the table was full, since the start' }),
    })
    .optional(),
  alerts: z
    .object({
      open: count,
      openContacts: count.optional().meta({ description: 'open ones whose contact was answered' }),
      opened: count.meta({ description: 'since the start' }),
      attempts: count.optional().meta({ description: 'of those opened, the ones that began as attempts' }),
      contacts: count.optional().meta({ description: 'of those opened, the ones whose contact was answered, at once or later' }),
      refused: count.optional().meta({ description: 'not opened because the table was full, since the start' }),
      lost: count.optional().meta({ description: 'revisions that the agent did not take in time, since the start' }),
      suppressed: z.record(z.string(), count).optional().meta({ description: 'alerts hidden, by id of the suppression, since the start' }),
    })
    .optional(),
  settings: z
    .object({
      hash: z.string().max(64).optional().meta({ description: 'of the settings of the centre that are in force; absent: none' }),
      seq: count.optional(),
      error: z.string().max(1000).optional().meta({ description: 'why those in the state folder are not in force' }),
    })
    .optional()
    .meta({ description: 'what the sensor runs with' }),
  sensorProcess: z
    .object({
      cpuSeconds: z.number().min(0).meta({ description: 'CPU time since the start' }),
      memoryBytes: count.meta({ description: 'resident memory' }),
      timerLateMs: count.meta({ description: 'the latest that a timer of the process fired after its time, since the start' }),
      run: z.string().max(64).optional().meta({ description: 'random id of this run: with another one, every total begins at 0' }),
      uptimeSeconds: z.number().min(0).optional(),
    })
    .optional(),
  supervision: z
    .object({
      restarts: count.meta({ description: 'times that the sensor died and was started again, since the start of the agent' }),
      lastDeath: z.string().optional().meta({ description: 'how it last died' }),
    })
    .optional(),
  evidence: z.object({ count: count.meta({ description: 'pieces kept since the start' }), bytes: count }).optional(),
  seen: seenMemorySchema.optional(),
  outboxWriter: outboxWriterSchema.optional().meta({ description: 'how the sensor writes into the outbox' }),
  intelligence: z
    .object({
      bundle: z.string(),
      indicators: count,
      built: timestamp.optional(),
      ageSeconds: count.optional().meta({ description: 'absent: not known when it was built' }),
      release: count.optional().meta({ description: 'version of the release of the centre that is in use; absent: none' }),
      error: z.string().max(1000).optional().meta({ description: 'why the release in the state folder is not in use' }),
    })
    .optional(),
});
export type SensorReport = z.infer<typeof sensorReportSchema>;

const intervalSchema = z
  .object({
    seconds: z.number().positive(),
    blindSeconds: z.number().min(0).optional().meta({ description: 'of these, without a capture that ran and a sensor that reported' }),
    packets: count,
    bytes: count,
    dropped: count.optional().meta({ description: 'lost in the kernel and at the interface; absent: cannot be known' }),
    dropShare: share.optional().meta({ description: 'dropped of (received + dropped)' }),
    kernelDropped: count.optional(),
    interfaceDropped: count.optional(),
    anomalies: z
      .record(z.string(), count)
      .optional()
      .meta({ description: 'frames and messages not understood, by anomaly; none: did not occur' }),
    caughtBugs: count.optional().meta({ description: 'frames whose processing failed by our own fault' }),
    tlsShare: share.optional().meta({ description: tlsMeaning }),
    quicShare: share.optional().meta({ description: quicMeaning }),
    encryptedDnsShare: share.optional().meta({ description: encryptedDnsMeaning }),
    flows: count.optional().meta({ description: 'flows that ended' }),
    tcpFlows: count.optional().meta({ description: 'TCP flows that ended and carried data' }),
    oneWayFlows: count.optional().meta({ description: oneWayMeaning }),
    oneWayShare: share.optional().meta({ description: 'oneWayFlows of tcpFlows' }),
    flowsRefused: count.optional().meta({ description: 'flows not followed because the table was full' }),
    streamsRefused: count.optional().meta({ description: 'conversations not read because too many were' }),
    hostsRefused: count.optional(),
    alerts: count.optional().meta({ description: 'alerts opened' }),
    alertsRefused: count.optional().meta({ description: 'alerts not opened because too many were open' }),
    evidence: count.optional().meta({ description: 'pieces of evidence kept' }),
    evidenceBytes: count.optional(),
  })
  .meta({ description: 'the last interval alone; absent: the sensor does not say' });

const outboxSchema = z.object({
  depth: count.meta({ description: 'messages waiting for the centre' }),
  dropped: count.meta({ description: 'messages dropped for want of room since the outbox was begun; what and why stands in loss records' }),
  bytes: count.optional(),
  oldestAgeSeconds: count.optional().meta({ description: 'how long the oldest of them has waited; absent: none waits' }),
  byKind: z.record(z.string(), count).optional().meta({ description: 'messages waiting, by kind' }),
  unansweredSeconds: count.optional().meta({ description: 'how old the numbers above are, where the outbox did not answer in time' }),
  mode: z.enum(['disk', 'memory']).optional().meta({ description: 'memory: the sensor or the agent cannot write the disk' }),
  error: z.string().optional().meta({ description: 'why not on disk' }),
  waiting: count.optional().meta({ description: 'messages not yet committed, of sensor and agent' }),
  waitingBytes: count.optional(),
  lost: count.optional().meta({ description: 'messages dropped for want of room in memory, of sensor and agent, since the start of each' }),
  lossAgeSeconds: count
    .optional()
    .meta({ description: 'since a message was last seen to be dropped or lost; absent: not since the start of the agent' }),
  begunAnew: count.optional().meta({ description: 'outboxes found damaged or gone, and begun anew, since the start' }),
  outboxId: z.string().max(64).optional().meta({ description: 'id of the outbox that the messages wait in' }),
  lastSeq: count.optional().meta({ description: 'highest number given in that outbox; 0: none yet. Read no earlier than the depth' }),
});

const uplinkSchema = z.object({
  connectedSince: timestamp.optional(),
  connections: count.meta({ description: 'since the start' }),
  lastHeard: timestamp.optional().meta({ description: 'when the broker last sent anything' }),
  lastAcknowledged: timestamp.optional().meta({ description: 'when the centre last acknowledged a message' }),
  lastSent: timestamp.optional().meta({ description: 'when a message was last sent' }),
  centreOnline: z.boolean().optional().meta({ description: 'what the centre says of itself: whether it stores what is sent' }),
  unacknowledged: count.optional().meta({ description: 'messages sent and not yet acknowledged by the centre' }),
  refused: count.optional().meta({ description: 'messages that the broker refused since the start' }),
  ignored: count.optional().meta({ description: 'messages to this box that were not understood, since the start' }),
  lastError: z.string().optional(),
});

export const healthSchema = sensorReportSchema
  .extend({
    schema: z.literal('health/1'),
    ...durableFields,
    box: z.string(),
    agency: z.string().optional(),
    boot: z.string().meta({ description: 'id of this boot of the machine' }),
    session: z.int().min(1).optional(),
    ts: timestamp,
    uptimeSeconds: count.meta({ description: 'of the agent' }),
    summary: z
      .literal(true)
      .optional()
      .meta({ description: 'a record of a longer interval, kept until the centre has it; it does not replace a newer health' }),
    intervalSeconds: z.number().positive().meta({ description: 'how often health is sent; older than three of these is out of date' }),
    interval: intervalSchema,
    quietSeconds: count.meta({ description: 'since a packet was last seen on the mirror port' }),
    outbox: outboxSchema,
    uplink: uplinkSchema,
    clock: clockSchema.optional(),
    cpu: z
      .object({
        share: z.number().min(0).meta({ description: 'of one core, by the agent, over the interval' }),
        sensorShare: z.number().min(0).optional().meta({ description: 'of one core, by the sensor, over the interval' }),
        machineShare: share.optional().meta({ description: 'of all cores, by everything, over the interval' }),
        load: z.number().optional().meta({ description: 'of the last minute, for each core' }),
      })
      .optional(),
    memory: z
      .object({
        processBytes: count.meta({ description: 'resident, of the agent' }),
        availableBytes: count.optional(),
        totalBytes: count.optional(),
      })
      .optional(),
    temperatureCelsius: z.number().optional().meta({ description: 'of the hottest zone' }),
    throttled: z.boolean().optional().meta({ description: 'the processor is slowed now, for heat or want of power' }),
    throttledSinceBoot: z.boolean().optional(),
    underVoltage: z.boolean().optional().meta({ description: 'the power supply is too weak now' }),
    underVoltageSinceBoot: z.boolean().optional(),
    machineUptimeSeconds: count.optional(),
    disk: z
      .object({
        freeBytes: count.meta({ description: 'of the file system that holds the outbox, for us' }),
        totalBytes: count,
        wornShare: share
          .optional()
          .meta({ description: 'of the life of the eMMC, as the device estimates it, in steps of a tenth, rounded up' }),
        spareBlocks: z
          .enum(['normal', 'warning', 'urgent'])
          .optional()
          .meta({ description: 'of the eMMC: warning: 80 % of its reserve are used; urgent: 90 %' }),
      })
      .optional(),
    watchdog: z
      .object({
        notified: timestamp.optional().meta({ description: 'when systemd was last told that all is well' }),
        heldBack: z.array(z.string()).optional().meta({ description: 'why it is not told' }),
      })
      .optional(),
  })
  .meta({ id: 'health/1', title: 'Health, version 1' });

export type Health = z.infer<typeof healthSchema>;
