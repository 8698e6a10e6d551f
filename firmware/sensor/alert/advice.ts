/**
 * Kind and stage of an alert -> what to do next, in Vietnamese and English, for someone who has one machine before them and a telephone.
 * The stage says how urgent it is and what to do with the machine; the kind says what to block and what to look for.
 */
import type { Stage, TrafficAlertKind } from '../../contract/alert.ts';

export interface Advice {
  vi: string;
  en: string;
}

const byStage: Record<Stage, Advice> = {
  attempt: {
    vi: 'Cứ để máy bật. Hỏi người dùng máy đã làm gì vào lúc đó, quét máy bằng phần mềm diệt vi-rút đã cập nhật và theo dõi. Nếu lặp lại, báo cho Trung tâm CNTT của tỉnh.',
    en: 'Leave the machine on. Ask its user what was done at that time, scan it with up-to-date anti-virus software and keep an eye on it. If it happens again, tell the provincial IT centre.',
  },
  contact: {
    vi: 'Ngắt máy khỏi mạng (rút cáp mạng hoặc tắt Wi-Fi) nhưng không tắt máy: dấu vết còn trong bộ nhớ. Ghi lại thời điểm và người dùng máy. Gọi Trung tâm CNTT của tỉnh ngay trong ngày.',
    en: 'Take the machine off the network (pull the cable or turn Wi-Fi off) but do not switch it off: the traces are in its memory. Note the time and who uses it. Call the provincial IT centre today.',
  },
  exchange: {
    vi: 'Ngắt máy khỏi mạng ngay (rút cáp mạng hoặc tắt Wi-Fi) nhưng không tắt máy, không xóa và không cài lại gì. Ghi lại thời điểm và người dùng máy. Gọi ngay Trung tâm CNTT của tỉnh. Coi như các mật khẩu đã dùng trên máy này đã bị lộ: đổi chúng từ một máy khác.',
    en: 'Take the machine off the network now (pull the cable or turn Wi-Fi off) but do not switch it off, and delete or reinstall nothing. Note the time and who uses it. Call the provincial IT centre at once. Treat the passwords used on this machine as stolen: change them from another machine.',
  },
};

const byKind: Record<TrafficAlertKind, Advice> = {
  'c2.address': {
    vi: 'Chặn địa chỉ này trên tường lửa.',
    en: 'Block this address on the firewall.',
  },
  'c2.domain': {
    vi: 'Chặn tên miền này trên máy chủ DNS hoặc tường lửa. Nếu máy này là máy chủ DNS, xem nhật ký của nó để biết máy nào đã hỏi.',
    en: 'Block this name on the DNS server or firewall. If this machine is the DNS server, its log says which machine asked.',
  },
  'c2.url': {
    vi: 'Chặn địa chỉ web này; xem thư mục tải về và lịch sử trình duyệt để biết tệp nào đã được tải.',
    en: 'Block this web address; the downloads folder and the browser history show what was fetched.',
  },
  'c2.tls': {
    vi: 'Máy mở kết nối mã hóa theo cách của một mã độc đã biết: tìm chương trình lạ đang chạy vào lúc đó.',
    en: 'The machine opens encrypted connections the way a known malware does: look for an unknown program that ran at that time.',
  },
  'c2.certificate': {
    vi: 'Máy chủ kia dùng chứng thư của máy chủ mã độc đã biết: chặn địa chỉ của nó trên tường lửa.',
    en: 'That server shows the certificate of a known malware server: block its address on the firewall.',
  },
  'c2.user-agent': {
    vi: 'Một chương trình trên máy tự xưng tên như một mã độc đã biết: tìm chương trình lạ đang chạy vào lúc đó.',
    en: 'A program on the machine names itself as a known malware does: look for an unknown program that ran at that time.',
  },
  'c2.beacon': {
    vi: 'Một chương trình gọi đều đặn tới cùng một máy chủ: tìm chương trình lạ tự khởi động (dịch vụ, tác vụ theo lịch).',
    en: 'A program calls the same server at regular times: look for an unknown program that starts by itself (services, scheduled tasks).',
  },
  'c2.dns-tunnel': {
    vi: 'Dữ liệu có thể đang bị đưa ra ngoài qua truy vấn DNS: chặn tên miền này và chỉ cho phép DNS đi qua máy chủ DNS của cơ quan.',
    en: 'Data may be leaving inside DNS queries: block this domain and allow DNS only through the agency’s own DNS server.',
  },
  'c2.dga': {
    vi: 'Máy hỏi nhiều tên miền tự sinh, như mã độc đi tìm máy chủ của nó. Nếu máy này là máy chủ DNS, xem nhật ký của nó để biết máy nào đã hỏi.',
    en: 'The machine asks for many made-up names, as malware does that looks for its server. If this machine is the DNS server, its log says which machine asked.',
  },
};

/** For a known-bad address that knocks on our door and gets no answer. */
const knock: Advice = {
  vi: 'Một địa chỉ xấu từ bên ngoài thử kết nối vào máy này và không được trả lời. Chưa phải lây nhiễm. Kiểm tra xem máy có cần mở ra Internet không và chặn địa chỉ này trên tường lửa.',
  en: 'A known-bad address outside tried to reach this machine and got no answer. This is no infection. Check whether the machine must be open to the Internet, and block this address on the firewall.',
};

/** `inbound`: the known-bad address came to us, and not the other way round. */
export function adviceFor(kind: TrafficAlertKind, stage: Stage, inbound = false): Advice {
  if (inbound && stage === 'attempt') return knock;
  return { vi: `${byStage[stage].vi} ${byKind[kind].vi}`, en: `${byStage[stage].en} ${byKind[kind].en}` };
}
