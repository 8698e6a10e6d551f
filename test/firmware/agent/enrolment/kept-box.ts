/** An enrolled box with a keeper of its certificate and a real connection to a running centre: what the agent wires, and no more of it. */
import { CertificateKeeper, type KeeperParts } from '../../../../firmware/agent/enrolment/certificate-keeper.ts';
import { type Connection, openConnection } from '../../../../firmware/agent/uplink/connection.ts';
import { uplinkOptionsSchema } from '../../../../firmware/agent/uplink/options.ts';
import { down } from '../../../../firmware/contract/topics.ts';
import type { RunningCentre } from '../../../centre/running-centre.ts';
import { type NewBox, newBox, wholeIdentity } from './box-of-test.ts';

export interface KeptBox extends NewBox {
  keeper: CertificateKeeper;
  /** How often key and certificate changed. */
  changes: number;
  readonly serial: string;
  /** A keeper as after a restart of the agent. */
  restart(changes?: Partial<KeeperParts>): CertificateKeeper;
  /** With the key and the certificate as they lie there now. Rejects where the broker does not take them. */
  connect(): Promise<Connection>;
  end(): Promise<void>;
}

export async function keptBox(centre: RunningCentre, agency: string): Promise<KeptBox> {
  const box = await newBox(centre, agency);
  if (!(await box.enrolment().run(AbortSignal.timeout(15_000)))) throw new Error(`not enrolled: ${box.log.join('\n')}`);
  let connection: Connection | undefined;
  const waiting: { topic: string; body: string }[] = [];
  const send = async ({ topic, body }: { topic: string; body: string }) => {
    await connection?.publish({ topic, body, qos: 1, retain: false, contentType: 'application/json' });
  };
  const write = (fields: object, text: string) => void box.log.push(`${text} ${JSON.stringify(fields)}`);
  const restart = (changes: Partial<KeeperParts> = {}) => {
    kept.keeper?.stop();
    kept.keeper = new CertificateKeeper({
      box: box.box,
      paths: box.paths,
      publish: (topic, body) => {
        waiting.push({ topic, body });
        if (connection !== undefined) void Promise.all(waiting.splice(0).map(send)).catch(() => undefined);
      },
      onNew: () => void kept.changes++,
      log: { info: write, warn: write },
      record: (text) => box.records.push(text),
      random: () => 0,
      ...changes,
    });
    return kept.keeper;
  };
  const end = async () => {
    connection?.destroy();
    await connection?.closed;
    connection = undefined;
  };
  const connect = async () => {
    await end();
    const { serverAuthority: caFile, credential } = box.paths;
    const url = wholeIdentity(box).identity.broker;
    const options = uplinkOptionsSchema.parse({ url, caFile, certFile: credential, keyFile: credential });
    const receive = ({ topic, payload }: { topic: string; payload: Uint8Array }) => {
      if (topic === down.certificateAnswer(box.box)) tolerated(() => kept.keeper.answer(payload), box);
    };
    connection = await openConnection(options, { clientId: box.box, receive }, AbortSignal.timeout(10_000));
    await connection.subscribe([down.certificateAnswer(box.box)]);
    kept.keeper.connected();
    await Promise.all(waiting.splice(0).map(send));
    return connection;
  };
  const kept: KeptBox = Object.assign(box, {
    changes: 0,
    restart,
    connect,
    end,
    keeper: undefined as unknown as CertificateKeeper,
    serial: '',
  });
  Object.defineProperty(kept, 'serial', { get: () => wholeIdentity(box).certificate.serialNumber.toLowerCase() });
  restart();
  return kept;
}

/** As the dispatcher of the uplink does. */
function tolerated(work: () => void, box: NewBox): void {
  try {
    work();
  } catch (error) {
    box.log.push(`ignored: ${error instanceof Error ? error.message : String(error)}`);
  }
}
