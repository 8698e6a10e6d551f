/** What a person at the box shall do where the centre refuses to let it in, in Vietnamese and English. */
import type { CertificateAnswer } from '../../contract/claim.ts';
import type { Words } from '../../contract/language.ts';

export type RefusalCode = Extract<CertificateAnswer, { state: 'refused' }>['code'];

const newFile: Words = {
  vi: 'Đề nghị Trung tâm tạo tệp mới (vonggac-centre enrol --again) và chép vào thẻ.',
  en: 'Ask the centre for a new file (vonggac-centre enrol --again), and copy it to the card.',
};
const withNewFile = (vi: string, en: string): Words => ({ vi: `${vi} ${newFile.vi}`, en: `${en} ${newFile.en}` });

export const refusalWords: Record<RefusalCode, Words> = {
  unknown: withNewFile('Trung tâm không biết tệp đăng ký này.', 'The centre does not know this claim file.'),
  used: withNewFile(
    'Tệp đăng ký đã được một máy khác dùng. Nếu không phải do lắp lại thiết bị, hãy báo ngay cho Trung tâm.',
    'Another machine has used this claim file. Unless the box was set up anew, tell the centre at once.',
  ),
  expired: withNewFile('Tệp đăng ký đã hết hạn.', 'The claim file has expired.'),
  revoked: withNewFile('Trung tâm đã thu hồi thiết bị này.', 'The centre has revoked this box.'),
  proof: withNewFile('Tệp đăng ký bị hỏng hoặc đã bị sửa.', 'The claim file is damaged or was changed.'),
  'other-box': withNewFile('Tệp đăng ký là của thiết bị khác.', 'The claim file is for another box.'),
  csr: withNewFile('Trung tâm không nhận yêu cầu cấp chứng thư.', 'The centre does not take the request for a certificate.'),
  later: { vi: 'Trung tâm chưa trả lời được; thiết bị tự hỏi lại.', en: 'The centre cannot answer now; the box asks again by itself.' },
};
