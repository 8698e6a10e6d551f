/** health/1: the visibility ledger. What a box saw, lost and could not understand, and what it runs on. Within version 1 fields are only ever added. */
import { z } from 'zod';

const count = z.int().min(0);
const timestamp = z.string().meta({ description: 'RFC 3339, UTC', format: 'date-time' });
const share = z.number().min(0).max(1);

export const captureStates = ['starting', 'running', 'waiting', 'ended', 'failed'] as const;
/** `waiting`: the interface is down or gone, and is tried again. `ended`: a file was read to its end. `failed`: given up. */
export type CaptureState = (typeof captureStates)[number];

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

/** What the sensor's process reports to the agent: running totals, never differences. It crosses the process boundary. */
export const sensorReportSchema = z.object({
  capture: captureSchema,
  decode: z
    .object({
      anomalies: z.record(z.string(), count).meta({ description: 'frames and messages not understood, by anomaly, since the start' }),
      caughtBugs: count.optional().meta({ description: 'frames whose processing failed by our own fault' }),
    })
    .optional(),
  traffic: z
    .object({
      tlsShare: share.optional(),
      quicShare: share.optional(),
      encryptedDnsShare: share.optional(),
      oneWayFlows: count.optional().meta({ description: 'flows of which only one side was seen: half a mirror' }),
    })
    .optional(),
  flows: z
    .object({
      live: count,
      refused: count.meta({ description: 'new flows not followed because the table was full, since the start' }),
    })
    .optional(),
  alerts: z
    .object({
      open: count,
      opened: count.meta({ description: 'since the start' }),
      refused: count.optional().meta({ description: 'not opened because the table was full, since the start' }),
      lost: count.optional().meta({ description: 'revisions that the agent did not take in time, since the start' }),
    })
    .optional(),
  sensorProcess: z
    .object({
      cpuSeconds: z.number().min(0).meta({ description: 'CPU time since the start' }),
      memoryBytes: count.meta({ description: 'resident memory' }),
      timerLateMs: count.meta({ description: 'the latest that a timer of the process fired after its time, since the start' }),
    })
    .optional(),
  supervision: z
    .object({
      restarts: count.meta({ description: 'times that the sensor died and was started again, since the start of the agent' }),
      lastDeath: z.string().optional().meta({ description: 'how it last died' }),
    })
    .optional(),
  evidence: z.object({ count: count, bytes: count }).optional(),
  intelligence: z
    .object({
      bundle: z.string(),
      indicators: count,
      built: timestamp.optional(),
      ageSeconds: count.optional().meta({ description: 'absent: not known when it was built' }),
    })
    .optional(),
});
export type SensorReport = z.infer<typeof sensorReportSchema>;

const intervalSchema = z
  .object({
    seconds: z.number().positive(),
    packets: count,
    bytes: count,
    dropped: count.optional().meta({ description: 'lost in the kernel and at the interface; absent: cannot be known' }),
    dropShare: share.optional().meta({ description: 'dropped of (received + dropped)' }),
  })
  .meta({ description: 'the last interval alone' });

export const healthSchema = sensorReportSchema
  .extend({
    schema: z.literal('health/1'),
    box: z.string(),
    agency: z.string().optional(),
    boot: z.string().meta({ description: 'random id of the run of the agent' }),
    session: z.int().min(1).optional(),
    ts: timestamp,
    uptimeSeconds: count.meta({ description: 'of the agent' }),
    intervalSeconds: z.number().positive().meta({ description: 'how often health is sent; older than three of these is out of date' }),
    interval: intervalSchema,
    quietSeconds: count.meta({ description: 'since a packet was last seen on the mirror port' }),
    outbox: z.object({
      depth: count.meta({ description: 'messages waiting for the centre' }),
      dropped: count.meta({ description: 'messages lost because the outbox was full' }),
      bytes: count.optional(),
      oldestAgeSeconds: count.optional().meta({ description: 'how long the oldest of them has waited; absent: none waits' }),
    }),
    uplink: z.object({
      connectedSince: timestamp.optional(),
      connections: count.meta({ description: 'since the start' }),
      lastHeard: timestamp.optional().meta({ description: 'when the broker last sent anything' }),
      lastAcknowledged: timestamp.optional().meta({ description: 'when a message was last acknowledged' }),
      refused: count.optional().meta({ description: 'messages that the broker refused since the start' }),
      lastError: z.string().optional(),
    }),
    clock: z.object({ synced: z.boolean(), offsetMs: z.number().optional() }).optional(),
    cpu: z
      .object({ share: z.number().min(0).meta({ description: 'of one core, over the interval' }), load: z.number().optional() })
      .optional(),
    memory: z.object({ processBytes: count, availableBytes: count.optional(), totalBytes: count.optional() }).optional(),
    temperatureCelsius: z.number().optional(),
    throttled: z.boolean().optional(),
    underVoltage: z.boolean().optional(),
    disk: z.object({ freeBytes: count, totalBytes: count, wornShare: share.optional() }).optional(),
  })
  .meta({ id: 'health/1', title: 'Health, version 1' });

export type Health = z.infer<typeof healthSchema>;
