/**
 * The table of what the doctor can say: a stable code, whether it is well, what was found and what to do next, in Vietnamese and English.
 * `{name}` stands for a value that the check measured. Nothing here looks at anything.
 */
import type { Words } from '../../contract/language.ts';

/** ok: measured and well. note: to be known, nothing is broken. fault: the box does not do all that people rely on. */
export type Degree = 'ok' | 'note' | 'fault';

export interface Text {
  degree: Degree;
  found: Words;
  /** What to do; every fault has it. */
  next?: Words;
}

const runtime = {
  'runtime.ok': {
    degree: 'ok',
    found: { vi: 'Chạy trên Node {version}, đúng phiên bản đã định.', en: 'Runs on Node {version}, the pinned version.' },
  },
  'runtime.other': {
    degree: 'fault',
    found: { vi: 'Chạy trên Node {version}, không phải bản đã định {wanted}.', en: 'Runs on Node {version}, not the pinned {wanted}.' },
    next: {
      vi: 'Chạy appliance/setup.sh rồi dùng node_modules/.bin/node (npm run vonggac -- … tự làm việc đó).',
      en: 'Run appliance/setup.sh and start with node_modules/.bin/node (npm run vonggac -- … does so by itself).',
    },
  },
  'config.none': {
    degree: 'note',
    found: {
      vi: 'Không có tệp cấu hình (--config): chưa xem danh sách mã độc và đường về Trung tâm.',
      en: 'No configuration was given (--config): indicators and the link to the centre were not looked at.',
    },
  },
} as const satisfies Record<string, Text>;

const clock = {
  'clock.ok': { degree: 'ok', found: { vi: 'Đồng hồ đã được đồng bộ.', en: 'The clock is synchronised.' } },
  'clock.wrong': {
    degree: 'fault',
    found: { vi: 'Đồng hồ sai: đang là {date}.', en: 'The clock is wrong: it says {date}.' },
    next: {
      vi: 'Cho thiết bị ra được máy chủ giờ (NTP, cổng UDP 123), hoặc đặt giờ: sudo timedatectl set-time "2026-01-31 08:00".',
      en: 'Let the box reach a time server (NTP, UDP port 123), or set it: sudo timedatectl set-time "2026-01-31 08:00".',
    },
  },
  'clock.unsynchronised': {
    degree: 'fault',
    found: {
      vi: 'Đồng hồ chưa được đồng bộ: giờ trong cảnh báo có thể sai.',
      en: 'The clock is not synchronised: the times in alerts may be wrong.',
    },
    next: {
      vi: 'Bật đồng bộ giờ: sudo timedatectl set-ntp true; kiểm tra tường lửa có cho NTP (cổng UDP 123) đi qua.',
      en: 'Turn time synchronisation on: sudo timedatectl set-ntp true; check that the firewall lets NTP (UDP port 123) pass.',
    },
  },
  'clock.unknown': {
    degree: 'note',
    found: {
      vi: 'Không rõ đồng hồ có được đồng bộ không: máy không có systemd-timesyncd hay chrony.',
      en: 'Whether the clock is synchronised cannot be known: this machine has neither systemd-timesyncd nor chrony.',
    },
    next: {
      vi: 'Cài systemd-timesyncd: sudo apt-get install systemd-timesyncd.',
      en: 'Install it: sudo apt-get install systemd-timesyncd.',
    },
  },
} as const satisfies Record<string, Text>;

const disk = {
  'disk.ok': { degree: 'ok', found: { vi: 'Ổ đĩa {path}: còn trống {freeMiB} MiB.', en: 'Disk of {path}: {freeMiB} MiB are free.' } },
  'disk.full': {
    degree: 'fault',
    found: { vi: 'Ổ đĩa {path} gần đầy: chỉ còn {freeMiB} MiB.', en: 'The disk of {path} is nearly full: {freeMiB} MiB are left.' },
    next: {
      vi: 'Tìm thứ chiếm chỗ: sudo du -xh --max-depth=2 {path} | sort -h | tail; xóa bớt hoặc thay thẻ nhớ lớn hơn.',
      en: 'Find what takes the space: sudo du -xh --max-depth=2 {path} | sort -h | tail; remove it, or use a larger card.',
    },
  },
  'disk.read-only': {
    degree: 'fault',
    found: { vi: 'Ổ đĩa {path} chỉ đọc được, không ghi được.', en: 'The disk of {path} can only be read, not written.' },
    next: {
      vi: 'Thẻ nhớ có thể đã hỏng: xem dmesg | tail, khởi động lại; nếu vẫn vậy thì thay thẻ nhớ.',
      en: 'The card may be worn out: look at dmesg | tail and start the box again; if it stays so, replace the card.',
    },
  },
  'disk.unknown': {
    degree: 'fault',
    found: { vi: 'Không xem được ổ đĩa {path}: {reason}.', en: 'The disk of {path} cannot be looked at: {reason}.' },
    next: { vi: 'Kiểm tra thư mục có tồn tại và đọc được không.', en: 'Check that the folder exists and can be read.' },
  },
} as const satisfies Record<string, Text>;

const intelligence = {
  'intel.ok': {
    degree: 'ok',
    found: { vi: 'Danh sách mã độc: {count} mục, {days} ngày tuổi.', en: 'Indicators: {count}, {days} days old.' },
  },
  'intel.given': {
    degree: 'ok',
    found: {
      vi: 'Dấu hiệu ghi trong cấu hình (lệnh khẩn): {count}.',
      en: 'Indicators in the settings themselves, for an emergency: {count}.',
    },
  },
  'intel.none': {
    degree: 'fault',
    found: {
      vi: 'Cấu hình không nêu danh sách mã độc nào: thiết bị không biết phải tìm gì.',
      en: 'The configuration names no indicators: the box does not know what to look for.',
    },
    next: { vi: 'Thêm "intel": ["/đường/dẫn/tệp"] vào cấu hình.', en: 'Add "intel": ["/path/of/file"] to the configuration.' },
  },
  'intel.unreadable': {
    degree: 'fault',
    found: { vi: 'Không đọc được danh sách mã độc: {reason}.', en: 'The indicators cannot be read: {reason}.' },
    next: {
      vi: 'Chép lại tệp, hoặc tạo lại: vonggac intel build TỆP-MỚI DANH-SÁCH….',
      en: 'Copy the file again, or build it again: vonggac intel build OUT LIST….',
    },
  },
  'intel.empty': {
    degree: 'fault',
    found: { vi: 'Danh sách mã độc trống.', en: 'The indicators are empty.' },
    next: { vi: 'Lấy danh sách mới từ Trung tâm.', en: 'Get a new list from the centre.' },
  },
  'intel.old': {
    degree: 'fault',
    found: { vi: 'Danh sách mã độc đã {days} ngày không được cập nhật.', en: 'The indicators are {days} days old.' },
    next: {
      vi: 'Lấy danh sách mới từ Trung tâm; nếu thiết bị tự nhận thì kiểm tra đường về Trung tâm.',
      en: 'Get a new list from the centre; if the box fetches it by itself, check the link to the centre.',
    },
  },
  'intel.refused': {
    degree: 'note',
    found: {
      vi: '{count} dòng trong danh sách không phải là dấu hiệu, ví dụ: {example}.',
      en: '{count} lines of the lists are no indicators, for example: {example}.',
    },
  },
} as const satisfies Record<string, Text>;

const panel = {
  'panel.none': {
    degree: 'note',
    found: { vi: 'Cấu hình không có bảng đèn.', en: 'The configuration has no panel of lamps.' },
  },
  'panel.ok': {
    degree: 'ok',
    found: { vi: 'Bảng đèn hoạt động ({driver}).', en: 'The panel of lamps is driven ({driver}).' },
  },
  'panel.silent': {
    degree: 'fault',
    found: {
      vi: 'Không có vonggac agent nào đang điều khiển bảng đèn.',
      en: 'No vonggac agent drives the panel of lamps.',
    },
    next: { vi: 'Khởi động lại dịch vụ: sudo systemctl restart vonggac-agent.', en: 'Restart it: sudo systemctl restart vonggac-agent.' },
  },
  'panel.missing': {
    degree: 'fault',
    found: { vi: 'Không kết nối được bảng đèn ({driver}): {reason}.', en: 'The panel of lamps cannot be reached ({driver}): {reason}.' },
    next: {
      vi: 'Kiểm tra cáp USB của bảng đèn và "panel.port" trong cấu hình; nạp lại chip: vonggac panel flash.',
      en: 'Check the USB cable of the panel and "panel.port" in the configuration; write its chip anew: vonggac panel flash.',
    },
  },
  'panel.button': {
    degree: 'fault',
    found: { vi: 'Nút nhấn của bảng đèn bị kẹt.', en: 'The button of the panel is stuck.' },
    next: { vi: 'Nhấn thử vài lần; nếu vẫn kẹt, thay nút.', en: 'Press it a few times; if it stays so, replace it.' },
  },
} as const satisfies Record<string, Text>;

export const machineTexts = { ...runtime, ...clock, ...disk, ...intelligence, ...panel };
