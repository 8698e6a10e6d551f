/**
 * What can be wrong with the centre's store: a stable code, what happened and what to do next, in Vietnamese and English. `{name}` stands
 * for a value known where the fault is seen; a password never is one. Looks at no database.
 */
import type { Language, Words } from '../../firmware/contract/language.ts';

const texts = {
  'location.unknown': {
    en: '{location} is no store; give the path of a SQLite file, or postgres://user@host/database',
    vi: '{location} không phải nơi lưu; hãy cho đường dẫn tệp SQLite, hoặc postgres://user@host/database',
  },
  'file.folder-missing': {
    en: '{file}: the folder {folder} does not exist; create it: mkdir -p {folder}',
    vi: '{file}: không có thư mục {folder}; hãy tạo: mkdir -p {folder}',
  },
  'file.permission': {
    en: '{file} cannot be read and written by this user; give this user the folder and the files in it, or another path',
    vi: '{file}: người dùng này không đọc ghi được; hãy cấp quyền trên thư mục và các tệp trong đó, hoặc chọn đường dẫn khác',
  },
  'file.not-a-file': {
    en: '{file} is not a file; give the path of a file, existing or new',
    vi: '{file} không phải là tệp; hãy cho đường dẫn của một tệp, có sẵn hoặc mới',
  },
  'file.gone': {
    en: '{file} was moved or deleted while in use; start this program again',
    vi: '{file} đã bị chuyển đi hoặc xóa khi đang dùng; hãy khởi động lại chương trình này',
  },
  'file.unusable': {
    en: '{file} cannot be opened: {reason}; mend that, or give another path',
    vi: '{file} không mở được: {reason}; hãy khắc phục, hoặc chọn đường dẫn khác',
  },
  'database.damaged': {
    en: '{store} is damaged or no SQLite database; move it away with its -wal and -shm and restore a backup, or start with a new file',
    vi: '{store} bị hỏng hoặc không phải SQLite; hãy chuyển nó đi cùng tệp -wal và -shm rồi khôi phục bản sao lưu, hoặc dùng tệp mới',
  },
  'database.foreign': {
    en: '{store} holds tables of another program; give a database of its own',
    vi: '{store} chứa bảng của chương trình khác; hãy dùng một cơ sở dữ liệu riêng',
  },
  'database.newer': {
    en: '{store} was written by a newer version (schema {found}, known here: {known}); install that version here too',
    vi: '{store} do phiên bản mới hơn ghi (lược đồ {found}, ở đây biết đến {known}); hãy cài phiên bản đó ở đây',
  },
  'database.busy': {
    en: '{store} was held by another program for more than {seconds} s; see which one has it open',
    vi: '{store} bị chương trình khác giữ quá {seconds} giây; hãy xem chương trình nào đang mở',
  },
  'database.full': {
    en: '{store}: no room left on the disk; free some, the next attempt will succeed',
    vi: '{store}: đĩa đã đầy; hãy giải phóng chỗ trống, lần ghi sau sẽ được',
  },
  'database.failed': {
    en: '{store}: {reason}; it is tried again, and if that stays the log of the database says more',
    vi: '{store}: {reason}; sẽ được thử lại, nếu vẫn lỗi hãy xem nhật ký của cơ sở dữ liệu',
  },
  'database.closed': {
    en: '{store} was closed',
    vi: '{store} đã đóng',
  },
  'server.unreachable': {
    en: '{store}: the PostgreSQL server does not answer ({reason}); see that it runs there and that the firewall lets this machine in',
    vi: '{store}: máy chủ PostgreSQL không trả lời ({reason}); hãy xem nó có đang chạy ở đó và tường lửa có cho máy này vào không',
  },
  'server.password': {
    en: '{store}: the server refused the name or the password; mend the URL, PGPASSWORD or ~/.pgpass',
    vi: '{store}: máy chủ từ chối tên hoặc mật khẩu; hãy sửa URL, PGPASSWORD hoặc ~/.pgpass',
  },
  'server.refused': {
    en: '{store}: the server does not let this user or this machine in ({reason}); see its pg_hba.conf, and create the user: createuser NAME',
    vi: '{store}: máy chủ không cho người dùng hoặc máy này vào ({reason}); hãy xem pg_hba.conf, và tạo người dùng: createuser NAME',
  },
  'server.no-database': {
    en: '{store}: there is no such database; create it: createdb --encoding=UTF8 --owner=USER NAME',
    vi: '{store}: chưa có cơ sở dữ liệu này; hãy tạo: createdb --encoding=UTF8 --owner=USER NAME',
  },
  'server.permission': {
    en: '{store}: this user may not create or use the tables ({reason}); make it the owner of the database',
    vi: '{store}: người dùng này không được tạo hoặc dùng bảng ({reason}); hãy cho làm chủ cơ sở dữ liệu',
  },
  'server.encoding': {
    en: '{store} is encoded in {found}, which cannot hold every text; create it anew: createdb --encoding=UTF8 --template=template0 NAME',
    vi: '{store} dùng mã {found}, không chứa được mọi chữ; hãy tạo lại: createdb --encoding=UTF8 --template=template0 NAME',
  },
} as const satisfies Record<string, Words>;

export type StoreErrorCode = keyof typeof texts;

/** One line that says what is wrong and what to do. `message` is in English. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
  readonly code: StoreErrorCode;
  readonly #values: Readonly<Record<string, string | number>>;

  constructor(code: StoreErrorCode, values: Readonly<Record<string, string | number>>, cause?: unknown) {
    super(fill(texts[code].en, values), { cause });
    this.code = code;
    this.#values = values;
  }

  inWords(language: Language): string {
    return fill(texts[this.code][language], this.#values);
  }
}

function fill(text: string, values: Readonly<Record<string, string | number>>): string {
  return text.replaceAll(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? '').replaceAll(/\s+/g, ' '));
}
