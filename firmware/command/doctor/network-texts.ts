/** What the doctor can say of capture, mirror port and the link to the centre; the other half of the table in texts.ts. */
import type { Text } from './texts.ts';

const lookAtSwitch = {
  vi: 'Trên switch, đặt cổng này làm cổng đích của mirror (SPAN), nguồn là cổng lên Internet, cả hai chiều (both).',
  en: 'On the switch, make this port the destination of a mirror (SPAN) whose source is the uplink, both directions.',
};

const port = {
  'interface.unnamed': {
    degree: 'fault',
    found: { vi: 'Chưa nêu cổng giám sát. Máy này có: {known}.', en: 'No mirror port is named. This machine has: {known}.' },
    next: {
      vi: 'Chạy lại với --interface TÊN, và ghi capture.interface vào cấu hình.',
      en: 'Run again with --interface NAME, and write capture.interface into the configuration.',
    },
  },
  'interface.missing': {
    degree: 'fault',
    found: {
      vi: 'Không có cổng mạng {interface}. Máy này có: {known}.',
      en: 'There is no interface {interface}. This machine has: {known}.',
    },
    next: {
      vi: 'Sửa tên cổng; nếu là cổng USB thì rút ra cắm lại.',
      en: 'Correct the name; if it is a USB adapter, unplug it and plug it in again.',
    },
  },
  'interface.down': {
    degree: 'fault',
    found: { vi: 'Cổng {interface} đang tắt.', en: 'The interface {interface} is down.' },
    next: { vi: 'Bật cổng: sudo ip link set {interface} up.', en: 'Bring it up: sudo ip link set {interface} up.' },
  },
  'interface.no-link': {
    degree: 'fault',
    found: { vi: 'Cổng {interface} không có tín hiệu dây.', en: 'The interface {interface} has no link.' },
    next: {
      vi: 'Kiểm tra cáp hai đầu và đèn của cổng trên switch; thử cáp khác hoặc cổng khác.',
      en: 'Check both ends of the cable and the lamp of the switch port; try another cable or another port.',
    },
  },
  'interface.ok': {
    degree: 'ok',
    found: { vi: 'Cổng {interface} đang bật và có tín hiệu dây.', en: 'The interface {interface} is up and has a link.' },
  },
  'interface.address': {
    degree: 'note',
    found: {
      vi: 'Cổng {interface} có địa chỉ IP {address}; cổng giám sát không cần và không nên có.',
      en: 'The interface {interface} has the address {address}; a mirror port needs none and should have none.',
    },
  },
  'capture.no-permission': {
    degree: 'fault',
    found: { vi: 'Không có quyền bắt gói tin trên {interface}.', en: 'No permission to capture on {interface}.' },
    next: {
      vi: 'Chạy lại bằng sudo; dịch vụ thì cần quyền CAP_NET_RAW (AmbientCapabilities trong systemd).',
      en: 'Run this with sudo; a service needs CAP_NET_RAW (AmbientCapabilities of systemd).',
    },
  },
  'capture.failed': {
    degree: 'fault',
    found: { vi: 'Không bắt được gói tin: {reason}.', en: 'Cannot capture: {reason}.' },
    next: {
      vi: 'Chạy appliance/setup.sh để cài phần còn thiếu, rồi kiểm tra "capture" trong cấu hình.',
      en: 'Run appliance/setup.sh, which installs what is missing, then check "capture" in the configuration.',
    },
  },
  'capture.drops': {
    degree: 'fault',
    found: {
      vi: 'Mất {dropped} gói trên {seen} gói thấy được trong {seconds} giây.',
      en: '{dropped} frames were lost beside {seen} that were seen in {seconds} s.',
    },
    next: {
      vi: 'Lưu lượng lớn hơn sức của thiết bị: tăng capture.kernelBufferBytes, bớt cổng nguồn của mirror, hoặc dùng máy mạnh hơn.',
      en: 'There is more traffic than the box can take: raise capture.kernelBufferBytes, mirror fewer ports, or use a faster machine.',
    },
  },
  'capture.ok': {
    degree: 'ok',
    found: { vi: 'Bắt được gói tin, không mất gói nào trong {seconds} giây.', en: 'Capturing works; nothing was lost in {seconds} s.' },
  },
  'capture.file': {
    degree: 'note',
    found: {
      vi: 'Cấu hình đọc tệp {file} thay cho cổng giám sát: chưa xem cổng nào.',
      en: 'The configuration plays the file {file} in place of a mirror port: no port was looked at.',
    },
  },
  'mirror.ok': {
    degree: 'ok',
    found: {
      vi: 'Cổng giám sát {interface}: {rate} gói/giây, thấy cả hai chiều giữa các máy khác ({pairs} cặp máy).',
      en: 'Mirror port {interface}: {rate} packets/s, both directions between other machines are seen ({pairs} pairs).',
    },
  },
  'mirror.silent': {
    degree: 'fault',
    found: { vi: 'Không có gói tin nào trên {interface} trong {seconds} giây.', en: 'No frame came on {interface} in {seconds} s.' },
    next: lookAtSwitch,
  },
  'mirror.not-a-mirror': {
    degree: 'fault',
    found: {
      vi: '{interface} không phải cổng mirror: chỉ thấy {group} gói quảng bá và {own} gói của chính thiết bị, không có gói giữa các máy khác.',
      en: '{interface} is not a mirror port: only {group} broadcast frames and {own} of our own were seen, none between other machines.',
    },
    next: lookAtSwitch,
  },
  'mirror.one-way': {
    degree: 'fault',
    found: {
      vi: 'Chỉ thấy một chiều trên {interface}: {foreign} gói giữa các máy khác, {oneWay} cặp máy không thấy chiều trả lời.',
      en: 'Only one direction is seen on {interface}: {foreign} frames between other machines, {oneWay} pairs without the way back.',
    },
    next: {
      vi: 'Trên switch, đặt mirror cả hai chiều (both / rx và tx) cho cổng nguồn.',
      en: 'On the switch, mirror both directions (both, or rx and tx) of the source port.',
    },
  },
  'mirror.too-little': {
    degree: 'fault',
    found: {
      vi: 'Quá ít gói giữa các máy khác để kết luận: {foreign} gói trong {seconds} giây.',
      en: 'Too few frames between other machines to judge: {foreign} in {seconds} s.',
    },
    next: {
      vi: 'Mở vài trang web trên một máy của cơ quan rồi chạy lại; nếu vẫn vậy thì xem cấu hình mirror trên switch.',
      en: 'Open a few web pages on a machine of the agency and run this again; if it stays so, look at the mirror setting of the switch.',
    },
  },
} as const satisfies Record<string, Text>;

const centre = {
  'centre.ok': {
    degree: 'ok',
    found: {
      vi: 'Trung tâm trả lời: {url} nhận kết nối sau {ms} ms.',
      en: 'The centre answers: {url} took the connection within {ms} ms.',
    },
  },
  'centre.none': {
    degree: 'fault',
    found: {
      vi: 'Cấu hình không có đường về Trung tâm: cảnh báo không tới ai cả.',
      en: 'The configuration has no link to the centre: alerts reach nobody.',
    },
    next: {
      vi: 'Thêm "uplink": {"url": "mqtts://…:8883"} vào cấu hình.',
      en: 'Add "uplink": {"url": "mqtts://…:8883"} to the configuration.',
    },
  },
  'centre.name': {
    degree: 'fault',
    found: { vi: 'Không phân giải được tên {host}: {reason}.', en: 'The name {host} cannot be resolved: {reason}.' },
    next: {
      vi: 'Kiểm tra tên trong uplink.url và máy chủ DNS của thiết bị (/etc/resolv.conf); kiểm tra cáp của cổng quản trị.',
      en: 'Check the name in uplink.url and the DNS server of the box (/etc/resolv.conf); check the cable of the management port.',
    },
  },
  'centre.unreachable': {
    degree: 'fault',
    found: { vi: 'Không mở được kết nối tới {host} cổng {port}: {reason}.', en: 'No connection to {host} port {port}: {reason}.' },
    next: {
      vi: 'Kiểm tra cáp của cổng quản trị, và tường lửa có cho TCP cổng {port} đi ra không; hỏi Trung tâm máy chủ có chạy không.',
      en: 'Check the cable of the management port, and that the firewall lets TCP port {port} out; ask the centre whether its server runs.',
    },
  },
  'centre.proxy': {
    degree: 'fault',
    found: { vi: 'Máy chủ proxy không cho kết nối đi qua: {reason}.', en: 'The proxy does not let the connection through: {reason}.' },
    next: {
      vi: 'Kiểm tra uplink.proxy, tên và mật khẩu của proxy; hỏi người quản trị proxy có cho CONNECT tới Trung tâm không.',
      en: 'Check uplink.proxy, its user name and password; ask who runs the proxy whether it allows CONNECT to the centre.',
    },
  },
  'centre.tls': {
    degree: 'fault',
    found: {
      vi: 'Trung tâm trả lời nhưng kết nối mã hóa không thành: {reason}.',
      en: 'The centre answers, but encryption fails: {reason}.',
    },
    next: {
      vi: 'Kiểm tra đồng hồ, rồi uplink.caFile, certFile và keyFile có đúng tệp mà Trung tâm cấp không.',
      en: 'Check the clock, then that uplink.caFile, certFile and keyFile are the files that the centre issued.',
    },
  },
  'centre.refused': {
    degree: 'fault',
    found: { vi: 'Trung tâm không nhận thiết bị này: {reason}.', en: 'The centre does not accept this box: {reason}.' },
    next: {
      vi: 'Hỏi Trung tâm tên, mật khẩu hoặc chứng thư của thiết bị (uplink.username, passwordFile, certFile).',
      en: 'Ask the centre for the name, password or certificate of the box (uplink.username, passwordFile, certFile).',
    },
  },
  'centre.no-mqtt': {
    degree: 'fault',
    found: {
      vi: '{host} cổng {port} mở nhưng không trả lời MQTT 5: {reason}.',
      en: '{host} port {port} is open, but does not answer MQTT 5: {reason}.',
    },
    next: {
      vi: 'Kiểm tra uplink.url: mqtts:// cho cổng mã hóa (thường là 8883), mqtt:// cho cổng không mã hóa (1883).',
      en: 'Check uplink.url: mqtts:// for the encrypted port (8883 as a rule), mqtt:// for the plain one (1883).',
    },
  },
  'centre.file': {
    degree: 'fault',
    found: { vi: 'Không đọc được tệp của kết nối: {reason}.', en: 'A file of the connection cannot be read: {reason}.' },
    next: {
      vi: 'Kiểm tra đường dẫn trong "uplink" và quyền đọc các tệp đó.',
      en: 'Check the paths in "uplink", and who may read these files.',
    },
  },
} as const satisfies Record<string, Text>;

export const networkTexts = { ...port, ...centre };
