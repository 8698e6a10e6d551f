/** The options of capturing from an interface, with their defaults. Read once, at the start. */
import { z } from 'zod';

export const liveOptionsSchema = z
  .object({
    interface: z
      .string()
      // IFNAMSIZ of Linux is 16 with the closing zero; a slash or a space is no name, and never a path.
      .regex(/^[^\s/]{1,15}$/, 'an interface name has 1 to 15 characters without space or slash')
      .refine((name) => name !== '.' && name !== '..', 'not an interface name')
      .meta({ description: 'The network interface that is wired to the mirror port, for example eth1.' }),
    snapshotLengthBytes: z
      .int()
      .min(128)
      .max(262_144)
      // The ring holds each frame at its own length, so a high limit costs nothing for ordinary frames, while a low one
      // would cut certificates out of the large frames that network cards merge (GRO), and out of jumbo frames.
      .default(65_535)
      .meta({ description: 'Bytes kept of each frame. Lower it only when large frames alone overload the box.' }),
    kernelBufferBytes: z
      .int()
      .min(1_048_576)
      .max(1_073_741_824)
      .default(33_554_432)
      .meta({ description: 'Size of the buffer in the kernel that holds frames while the sensor is busy.' }),
    timeoutMs: z
      .int()
      .min(1)
      .max(1000)
      .default(10)
      .meta({ description: 'How long the kernel may gather frames before it hands them over.' }),
    promiscuous: z
      .boolean()
      .default(true)
      .meta({ description: 'Whether to take frames that are addressed to other machines. A mirror port needs it.' }),
    filter: z.string().max(65_536).default('').meta({
      description: 'A filter in the language of tcpdump (man pcap-filter); frames that do not match are never seen. Empty: everything.',
    }),
    shed: z.enum(['auto', 'off']).default('auto').meta({
      description:
        'What to do when the kernel drops frames because the box is overloaded. auto: for the time being capture only what the detectors need most; off: never.',
    }),
  })
  .strict();

export type LiveOptions = z.output<typeof liveOptionsSchema>;
export type LiveOptionsInput = z.input<typeof liveOptionsSchema>;
