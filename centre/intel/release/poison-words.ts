/** Why a value is left out of every release, for people, in two languages. */
import type { Words } from '../../../firmware/contract/language.ts';
import type { PoisonReason } from './poison.ts';

export const poisonWords: Readonly<Record<PoisonReason, Words>> = {
  'too-wide': { en: 'half of the Internet', vi: 'chiếm cả một phần lớn Internet' },
  reserved: { en: 'private or reserved, not of the Internet', vi: 'địa chỉ riêng hoặc dành riêng, không thuộc Internet' },
  'public-suffix': { en: 'a public suffix', vi: 'hậu tố tên miền công cộng' },
  own: { en: 'belongs to the centre', vi: 'của chính trung tâm' },
  infrastructure: { en: 'everybody talks to it', vi: 'máy nào cũng truy cập' },
  everyday: { en: 'everyday programs send it', vi: 'chương trình thông dụng nào cũng gửi' },
};
