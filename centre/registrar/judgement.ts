/** What came of a request for a certificate: the certificate, or why not, for the box that asked and for the people of the centre. Types and words only. */
import type { CertificateAnswer } from '../../firmware/contract/claim.ts';
import type { NoticeKind } from './notice.ts';

export type RefusalCode = Extract<CertificateAnswer, { state: 'refused' }>['code'];

export interface Issued {
  state: 'issued';
  certificate: string;
  /** What the register shall tell later; absent: nothing new happened. */
  event?: string;
  /** Others of the box ended with it. */
  superseded: readonly string[];
}

export interface Refused {
  state: 'refused';
  code: RefusalCode;
  message: string;
  /** Absent: nothing that anybody at the centre should look at. */
  notice?: NoticeKind;
}

export type Judgement = (Issued | Refused) & { box: string | undefined };

const messages: Record<RefusalCode, string> = {
  unknown: 'the centre does not know it',
  used: 'it was used before, with another key',
  expired: 'its time is over',
  revoked: 'the box was revoked',
  proof: 'the proof does not fit',
  'other-box': 'it is for another box',
  csr: 'the request for a certificate is not in order',
  later: 'not now; ask again',
};

export function refusal(
  code: RefusalCode,
  box: string | undefined,
  notice?: NoticeKind,
  detail?: string,
): Refused & { box: string | undefined } {
  const message = detail === undefined ? messages[code] : `${messages[code]}: ${detail}`;
  return { state: 'refused', code, message: message.slice(0, 400), box, ...(notice === undefined ? {} : { notice }) };
}

export function answerOf(judgement: Judgement): string {
  const schema = 'certificate-answer/1';
  const answer: CertificateAnswer =
    judgement.state === 'issued'
      ? { schema, state: 'issued', certificate: judgement.certificate }
      : { schema, state: 'refused', code: judgement.code, message: judgement.message };
  return JSON.stringify(answer);
}
