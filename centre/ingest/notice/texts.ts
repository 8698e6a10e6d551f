/** What the officer at the centre shall do about each thing that the centre notices, in Vietnamese and English. */
import type { Words } from '../../../firmware/contract/language.ts';

export const adviceTexts = {
  lost: {
    vi: 'Gọi cán bộ kỹ thuật của đơn vị: xem thiết bị còn sáng đèn không, dây nguồn và dây mạng cổng quản lý có cắm chặt không, mạng của đơn vị có ra được Internet không. Khi thiết bị mất liên lạc, Trung tâm không biết được máy nào trong đơn vị đang bị nhiễm.',
    en: 'Call the technician of the agency: are the lamps of the box lit, are its power and management cables plugged in, does the agency reach the Internet? While the box is away, nobody knows which machines there are infected.',
  },
  silent: {
    vi: 'Thiết bị vẫn giữ kết nối nhưng không gửi gì. Gọi cán bộ kỹ thuật của đơn vị: xem đèn trên thiết bị, chạy "vonggac doctor"; nếu thiết bị treo thì rút nguồn rồi cắm lại. Nếu nhiều thiết bị cùng im lặng, hãy xem máy chủ MQTT và đường truyền của Trung tâm trước.',
    en: 'The broker still holds its connection, but nothing comes. Call the technician of the agency: look at the lamps, run "vonggac doctor"; if the box hangs, unplug it and plug it in again. If many boxes fall silent at once, look at the broker and the line of the centre first.',
  },
  manySilent: {
    vi: 'Hơn nửa số thiết bị mất liên lạc cùng lúc: nhiều khả năng do đường truyền, tường lửa hoặc máy chủ MQTT của Trung tâm, không phải do từng đơn vị. Kiểm tra các thứ đó trước khi gọi các đơn vị; thiết bị giữ bản tin và sẽ gửi lại.',
    en: 'More than half of the boxes fell silent at once: most likely the line, the firewall or the broker of the centre is down, not each agency. Check these before calling agencies; the boxes keep their messages and send them later.',
  },
  stopped: {
    vi: 'Thiết bị được dừng có chủ ý nhưng chưa bật lại. Hỏi cán bộ kỹ thuật của đơn vị xem việc bảo trì đã xong chưa và đề nghị cắm lại thiết bị.',
    en: 'The box was stopped on purpose and has not been started again. Ask the technician of the agency whether the work is done, and to start the box.',
  },
  capture: {
    vi: 'Thiết bị không bắt được gói tin nên không phát hiện được gì. Gọi cán bộ kỹ thuật của đơn vị: kiểm tra dây cắm vào cổng giám sát và cổng mirror (SPAN) trên bộ chuyển mạch; chạy "vonggac doctor".',
    en: 'The box captures nothing, so it can detect nothing. Call the technician of the agency: check the cable of the mirror port and the SPAN setting of the switch; run "vonggac doctor".',
  },
  quiet: {
    vi: 'Cổng giám sát không có gói tin nào. Gọi cán bộ kỹ thuật của đơn vị: bộ chuyển mạch có thể đã khởi động lại hoặc bị thay, mất cấu hình mirror (SPAN); kiểm tra dây và cấu hình đó.',
    en: 'Not a packet comes through the mirror port. Call the technician of the agency: the switch may have been restarted or replaced and lost its SPAN setting; check that and the cable.',
  },
  noHealth: {
    vi: 'Thiết bị còn gửi bản tin nhưng không báo tình trạng, nên không chứng minh được là nó đang nhìn thấy lưu lượng. Kiểm tra phiên bản và giờ của thiết bị; đề nghị đơn vị khởi động lại thiết bị nếu kéo dài.',
    en: 'The box sends messages but no health reports, so nothing proves that it sees the traffic. Check its version and its clock; if it lasts, ask the agency to restart it.',
  },
  hole: {
    vi: 'Một số bản tin của thiết bị không tới được Trung tâm và thiết bị không còn giữ chúng: có thể có cảnh báo mà Trung tâm chưa biết. Đề nghị đơn vị cho xem nhật ký của thiết bị quanh thời điểm này và kiểm tra lại các máy từng có cảnh báo.',
    en: 'Messages of this box never reached the centre, and the box no longer holds them: there may have been alerts that nobody knows of. Ask the agency for the log of the box around this time, and look again at machines that had alerts.',
  },
  newOutbox: {
    vi: 'Hộp thư đi cũ của thiết bị không còn: có thể thẻ nhớ hoặc ổ đĩa đã bị thay, bị xóa hoặc cài lại khi thiết bị tắt. Hỏi cán bộ kỹ thuật của đơn vị; nếu không ai làm việc đó thì hãy kiểm tra thiết bị. Cảnh báo chờ gửi trong hộp cũ, nếu có, đã mất.',
    en: 'The old outbox of the box is gone: its memory card or disk may have been replaced, wiped or set up anew while it was off. Ask the technician of the agency; if nobody did that, examine the box. Alerts that waited in the old one, if any, are lost.',
  },
  loss: {
    vi: 'Thiết bị đã phải bỏ cảnh báo, các máy liên quan có thể chưa được xử lý. Kiểm tra dung lượng và tình trạng ổ đĩa của thiết bị, đường truyền tới Trung tâm; xem nhật ký của thiết bị để biết máy nào có cảnh báo.',
    en: 'The box had to drop alerts, so infected machines may not have been dealt with. Check the room and the state of its disk and its line to the centre; its log tells which machines had alerts.',
  },
  clockOff: {
    vi: 'Thời gian trong cảnh báo của thiết bị này không đáng tin. Kiểm tra thiết bị có tới được máy chủ giờ (NTP) không; chạy "vonggac doctor" trên thiết bị.',
    en: 'The times in the alerts of this box cannot be relied upon. Check whether it reaches its time server (NTP); run "vonggac doctor" on it.',
  },
  clockOurs: {
    vi: 'Nhiều thiết bị cùng lệch giờ như nhau: gần như chắc chắn đồng hồ của máy chủ Trung tâm bị sai. Kiểm tra đồng bộ giờ (NTP) của máy chủ Trung tâm.',
    en: 'Many boxes are off alike: almost certainly the clock of the centre is wrong. Check the time synchronisation (NTP) of the machine that runs ingest.',
  },
  clockUnsynced: {
    vi: 'Thiết bị đã lâu không đồng bộ được giờ. Kiểm tra tường lửa của đơn vị có chặn NTP (UDP 123) không và cấu hình máy chủ giờ của thiết bị.',
    en: 'The box has not been able to synchronise its clock for long. Check whether the firewall of the agency blocks NTP (UDP 123), and the time server set on the box.',
  },
  outboxMemory: {
    vi: 'Thiết bị không ghi được xuống ổ đĩa, bản tin chỉ còn nằm trong bộ nhớ và sẽ mất nếu mất điện. Kiểm tra thẻ nhớ hoặc ổ đĩa của thiết bị; chuẩn bị thay.',
    en: 'The box cannot write its disk: messages wait in memory only and would be lost with the power. Check its memory card or disk, and have a new one ready.',
  },
  outboxDamaged: {
    vi: 'Hộp thư đi trên ổ đĩa của thiết bị bị hỏng và đã được tạo lại; có thể đã mất bản tin. Kiểm tra thẻ nhớ hoặc ổ đĩa, nguồn điện của thiết bị; chuẩn bị thay.',
    en: 'The outbox on the disk of the box was damaged and begun anew; messages may be lost. Check its memory card or disk and its power supply, and have a new card ready.',
  },
  outboxWaiting: {
    vi: 'Thiết bị có kết nối nhưng bản tin không được Trung tâm xác nhận. Xem tiến trình "vonggac-centre ingest" và cơ sở dữ liệu có chạy không, quyền (ACL) của thiết bị và của ingest trên máy chủ MQTT.',
    en: 'The box is connected, but the centre does not acknowledge its messages. Check that "vonggac-centre ingest" and its database run, and the rights (ACL) of the box and of ingest at the broker.',
  },
  stale: {
    vi: 'Thiết bị vẫn giám sát, nhưng theo danh sách địa chỉ độc hại cũ hoặc không có danh sách nào. Xem "vonggac-centre boxes" và kết quả nhận bản phát hành của thiết bị; kiểm tra đường từ thiết bị tới máy chủ bản phát hành, và Trung tâm có phát hành đều không ("vonggac-centre intel publish").',
    en: 'The box goes on watching, but with old indicators or none. See "vonggac-centre boxes" and what the box said of the last release; check its way to the server of releases, and whether the centre publishes regularly ("vonggac-centre intel publish").',
  },
  refused: {
    vi: 'Thiết bị gửi bản tin mà Trung tâm không hiểu. Nếu vừa cập nhật, hãy cập nhật phần mềm Trung tâm lên cùng phiên bản; nếu không, thiết bị có thể bị can thiệp: xem bản tin gốc trong cơ sở dữ liệu và kiểm tra thiết bị.',
    en: 'The box sends messages that the centre does not understand. After an update, bring the centre to the same version; otherwise the box may have been tampered with: look at the original messages in the store, and at the box.',
  },
  clone: {
    vi: 'Có máy khác đang dùng tên và chứng thư của thiết bị này, hoặc có người dùng lại tệp đăng ký đã dùng. Gọi cán bộ kỹ thuật của đơn vị: thẻ nhớ có bị sao chép, bị mất hay lắp sang máy khác không? Nếu không rõ, thu hồi ngay bằng "vonggac-centre revoke", rồi cấp lại bằng "vonggac-centre enrol --again" cho một thẻ mới.',
    en: 'Another machine uses the id and the certificate of this box, or somebody used its claim file a second time. Call the technician of the agency: was the memory card copied, lost, or put into another machine? If in doubt, revoke it at once with "vonggac-centre revoke", then enrol it anew on a fresh card with "vonggac-centre enrol --again".',
  },
  certificateRefused: {
    vi: 'Có nơi xin chứng thư nhưng không được cấp. Nếu đang lắp thiết bị mới: xem lý do ở trên, tạo tệp mới bằng "vonggac-centre enrol --again" nếu tệp cũ đã hết hạn hoặc sai. Nếu không ai đang lắp thiết bị thì có người đang thử giả mạo: giữ nhật ký, kiểm tra ai đã giữ tệp đăng ký.',
    en: 'Somebody asked for a certificate and did not get it. Where a new box is being set up: see the reason above, and make a new file with "vonggac-centre enrol --again" if the old one ended or is wrong. Otherwise somebody is trying to pass for a box: keep the logs, and find out who held the claim file.',
  },
  denied: {
    vi: 'Máy chủ MQTT đã từ chối một kết nối: chứng thư hoặc mật khẩu sai, hết hạn hay bị thu hồi, hoặc có người dò quét. Đối chiếu với nhật ký của máy chủ MQTT; nếu không phải thiết bị của ta, hãy chặn địa chỉ đó.',
    en: 'The broker turned a client away: its certificate or password is wrong, expired or revoked, or somebody is probing. Compare the log of the broker; if it is none of our boxes, block the address.',
  },
} as const satisfies Record<string, Words>;

export type AdviceName = keyof typeof adviceTexts;
