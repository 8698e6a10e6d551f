/** A registrar at a broker that an attacker owns wholly: everybody may say everything there. The authority and the register are the centre's own. */
import { generateKeyPairSync, type KeyObject, sign, X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectAsync, type MqttClient } from 'mqtt';
import { Authority, newAuthority } from '../../../centre/authority/authority.ts';
import { type Broker, startBroker } from '../../../centre/demo/broker.ts';
import { insertBox } from '../../../centre/register/boxes.ts';
import { insertCertificate } from '../../../centre/register/certificates.ts';
import { openRegisterFile } from '../../../centre/register/register-file.ts';
import { Registrar } from '../../../centre/registrar/registrar.ts';
import { type CertificateAnswer, type CertificateRequest, certificateAnswerSchema, renewalText } from '../../../firmware/contract/claim.ts';
import { centre, down, up } from '../../../firmware/contract/topics.ts';
import { until } from '../../firmware/agent/uplink/listener.ts';
import { csrFor } from '../running-centre.ts';

export interface TestBox {
  box: string;
  privateKey: KeyObject;
  publicKey: KeyObject;
  serial: string;
  certificate: string;
}

export interface OwnedBroker {
  readonly broker: Broker;
  readonly registrar: Registrar;
  readonly register: ReturnType<typeof openRegisterFile>;
  readonly attacker: MqttClient;
  readonly ended: string[];
  /** What the registrar noticed, as JSON. */
  readonly notices: { kind: string; box: string; text: string; times: number }[];
  nowMs: number;
  /** A box that was enrolled, as the register has it. */
  newBox(box: string): Promise<TestBox>;
  /** Sends it on the topic of `box`, and waits for the answer. */
  ask(box: string, body: string): Promise<CertificateAnswer>;
  /** Answers so far to requests of this box. */
  answersTo(box: string): number;
  stop(): Promise<void>;
}

export async function startOwnedBroker(): Promise<OwnedBroker> {
  const folder = mkdtempSync(join(tmpdir(), 'vonggac-owned-'));
  const broker = await startBroker({ configuration: ['allow_anonymous true'] });
  const register = openRegisterFile(join(folder, 'register.db'));
  const { certificatePem, key } = await newAuthority({ commonName: 'boxes' });
  const authority = Authority.open(certificatePem, key);
  const ended: string[] = [];
  const stopping = new AbortController();
  const clock = { nowMs: Date.now() };
  const registrar = new Registrar({
    access: { url: broker.url },
    register,
    issue: (request) => authority.issueBox(request),
    group: 'known-to-the-attacker',
    ended: (serials) => ended.push(...serials),
    log: { info: () => undefined, warn: () => undefined },
    nowMs: () => clock.nowMs,
  });
  const running = registrar.run(stopping.signal);
  await registrar.ready;
  const attacker = await connectAsync(broker.url, { protocolVersion: 5 });
  const answers = new Map<string, CertificateAnswer[]>();
  const notices: OwnedBroker['notices'] = [];
  attacker.on('message', (topic, payload) => {
    if (topic === centre.notice) notices.push(JSON.parse(payload.toString('utf8')));
    else answers.set(topic, [...(answers.get(topic) ?? []), certificateAnswerSchema.parse(JSON.parse(payload.toString('utf8')))]);
  });
  await attacker.subscribeAsync([down.certificateAnswer('+'), centre.notice], { qos: 1 });
  const newBox = async (box: string) => {
    const keys = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
    const { pem, publicKeyPem, ...issued } = await authority.issueBox({ box, csrPem: await csrFor(box, keys) });
    insertBox(register, { box, agency: box, contacts: [], tags: [] });
    insertCertificate(register, { ...issued, box, pem, publicKey: publicKeyPem, source: 'claim' }, clock.nowMs);
    return { box, ...keys, serial: issued.serial, certificate: pem };
  };
  return {
    broker,
    registrar,
    register,
    attacker,
    ended,
    notices,
    newBox,
    get nowMs() {
      return clock.nowMs;
    },
    set nowMs(ms) {
      clock.nowMs = ms;
    },
    ask: async (box, body) => {
      const heard = () => answers.get(down.certificateAnswer(box)) ?? [];
      const before = heard().length;
      await attacker.publishAsync(up.certificateRequest(box), body, { qos: 1 });
      await until(() => heard().length > before, `an answer for ${box}`);
      return heard()[before] as CertificateAnswer;
    },
    answersTo: (box) => answers.get(down.certificateAnswer(box))?.length ?? 0,
    stop: async () => {
      stopping.abort();
      await running;
      await attacker.endAsync(true);
      await broker.stop();
      register.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export function renewalOf({ box, privateKey, serial }: Pick<TestBox, 'box' | 'privateKey' | 'serial'>, csr: string): CertificateRequest {
  const signature = sign('sha256', Buffer.from(renewalText({ box, csr, serial })), { key: privateKey, dsaEncoding: 'ieee-p1363' });
  return { schema: 'certificate-request/1', box, csr, serial, signature: signature.toString('base64url') };
}

export function serialIn(answer: CertificateAnswer): string {
  if (answer.state !== 'issued') throw new Error(`refused: ${answer.code} ${answer.message}`);
  return new X509Certificate(answer.certificate).serialNumber.toLowerCase();
}
