/** The guide that lies beside the configuration, for the engineer who sets the broker up: Vietnamese, then English, the same in both. */
import { join } from 'node:path';
import { type BrokerLayout, logFileName, placedClaimsFiles, placedFiles, unitName, writtenClaimsFiles, writtenFiles } from './layout.ts';

export function brokerReadme(layout: BrokerLayout): string {
  return `${vietnamese(layout)}\n---\n\n${english(layout)}`;
}

const service = unitName.replace('.service', '');

const claimsService = writtenClaimsFiles.unit.replace('.service', '');

function installCommands({ folder, user, claims }: BrokerLayout): string {
  const addUser = user === 'root' ? '' : `sudo adduser --system --group --no-create-home --home /nonexistent ${user}\n`;
  return `sudo apt-get install mosquitto openssl && sudo systemctl disable --now mosquitto
${addUser}sudo chown root:${user} ${folder} ${folder}/* && sudo chmod 2750 ${folder}
sudo chmod 0640 ${join(folder, placedFiles.key)}
sudo systemctl enable --now ${join(folder, writtenFiles.unit)}${claims === undefined ? '' : `\nsudo systemctl enable --now ${join(folder, writtenClaimsFiles.unit)}`}`;
}

function revokeCommands(layout: BrokerLayout): string {
  const target = join(layout.folder, placedFiles.boxesRevoked);
  return `sudo install -o root -g ${layout.user} -m 0640 NEW.crl ${target}.new && sudo mv ${target}.new ${target}
sudo systemctl reload ${service}
vonggac-centre broker-disconnect BOX --broker mqtts://${layout.host}:${layout.servicePort} --ca CA --cert CERT --key KEY`;
}

function firewallCommand({ port }: BrokerLayout): string {
  return `sudo nft add rule inet filter input tcp dport ${port} ct state new meter boxes '{ ip saddr ct count over 32 }' drop`;
}

function claimsInVietnamese({ host, claims, folder }: BrokerLayout): string {
  if (claims === undefined) return '';
  return `
## Thiết bị mới đăng ký

Thiết bị chưa có chứng thư thì gửi yêu cầu tới \`mqtts://${host}:${claims.port}\`, nơi ai cũng kết nối được và không làm được gì khác: mỗi máy khách chỉ ghi được
yêu cầu và đọc được trả lời của đúng phiếu đăng ký mà nó biết mã (128 bit ngẫu nhiên, cũng là tên máy khách). Đó là một Mosquitto riêng
(\`${claimsService}\`), vì trong cùng một Mosquitto, người lạ có thể mượn tên của một thiết bị để đẩy thiết bị đó ra, hoặc làm đầy bộ nhớ. Nó chuyển yêu cầu sang broker
chính bằng chứng thư \`${placedClaimsFiles.certificate}\`, không lưu gì, và có thể khởi động lại bất cứ lúc nào; không có thiết bị mới thì tắt đi cũng được.
Sau khi gia hạn \`${placedFiles.certificate}\`: \`sudo systemctl restart ${claimsService}\`. Không dùng systemd thì chạy \`${join(folder, writtenClaimsFiles.start)}\`.
`;
}

function claimsInEnglish({ host, claims, folder }: BrokerLayout): string {
  if (claims === undefined) return '';
  return `
## Claims of new boxes

A box without a certificate sends its request to \`mqtts://${host}:${claims.port}\`, where anybody may connect and nobody can do anything else: a client writes the
request and reads the answer of the one claim whose id it knows (128 random bits, which are its client id too). It is a Mosquitto of its own
(\`${claimsService}\`): within one and the same, a stranger who calls himself as a box puts that box out, and can fill its memory. It hands requests to the
other broker with the certificate \`${placedClaimsFiles.certificate}\`, keeps nothing, and may be restarted at any time; while no box is new it may be off.
After \`${placedFiles.certificate}\` was renewed: \`sudo systemctl restart ${claimsService}\`. Without systemd, run \`${join(folder, writtenClaimsFiles.start)}\`.
`;
}

function vietnamese(layout: BrokerLayout): string {
  const { folder, host, port, servicePort, logFolder } = layout;
  return `# Máy chủ nhắn tin (broker) của trung tâm

Các thiết bị kết nối tới \`mqtts://${host}:${port}\`, dịch vụ của trung tâm tới \`mqtts://${host}:${servicePort}\`.

## Cần đặt vào thư mục này

| tệp | là gì | quyền |
| --- | --- | --- |
| \`${placedFiles.boxesAuthority}\` | chứng thư của CA cấp cho các thiết bị, và chỉ cho các thiết bị | 0640 |
| \`${placedFiles.servicesAuthority}\` | chứng thư của CA cấp cho dịch vụ của trung tâm; phải là một CA khác | 0640 |
| \`${placedFiles.certificate}\` | chứng thư của máy chủ này, có tên \`${host}\`, kèm các CA trung gian nếu có | 0640 |
| \`${placedFiles.key}\` | khóa riêng của chứng thư đó, không đặt mật khẩu | 0640, nhóm \`${layout.user}\` |
| \`${placedFiles.boxesRevoked}\`, \`${placedFiles.servicesRevoked}\` | danh sách thu hồi (CRL, dạng PEM) của từng CA; bắt buộc có, kể cả khi còn trống | 0640 |

Tên trong chứng thư (CN) chính là tên của máy khách. CA của các thiết bị chỉ được cấp tên gồm chữ thường, số và dấu \`-\` (4 đến 32 ký tự): tên có
dấu chấm là của dịch vụ, tên có \`/\`, \`+\` hay \`#\` là nguy hiểm. **CRL hết hạn thì mọi máy khách đều bị từ chối:** hãy đặt hạn thật dài và
gia hạn sớm. (\`init\` và \`revoke\` đặt hạn 10 năm, mỗi lần ghi lại từ đầu; danh sách này nằm ngay cạnh broker nên hạn ngắn không làm nó mới hơn.)

## Cài đặt

\`\`\`
${installCommands(layout)}
\`\`\`

Các tệp còn lại do \`vonggac-centre broker-config\` ghi; chạy lại lệnh đó thì không mất gì, và tệp đã sửa tay chỉ bị ghi đè khi có \`--force\`.
Thư mục này do \`vonggac-centre init\` tạo thì đã có đủ mọi tệp. Chạy thử, không cần systemd: \`${join(folder, writtenFiles.start)}\`.
${claimsInVietnamese(layout)}
## Thu hồi một thiết bị

Với trung tâm do \`vonggac-centre init\` tạo: \`vonggac-centre revoke BOX\` làm tất cả. Làm từng bước bằng tay:

\`\`\`
${revokeCommands(layout)}
\`\`\`

Lệnh thứ hai kiểm tra các tệp trước; **đừng bao giờ tự gửi SIGHUP cho broker**: gặp CRL hỏng, Mosquitto bỏ qua việc thu hồi; gặp tệp quyền hỏng, ai cũng
làm được mọi thứ. Không dùng systemd thì thay bằng \`${join(folder, writtenFiles.reload)}\`. Sau lệnh đó, chứng thư bị thu hồi không kết nối mới
được nữa; phiên đang mở vẫn còn cho đến lệnh thứ ba. \`systemctl restart ${service}\` cũng làm được cả hai việc, nhưng ngắt mọi thiết bị trong vài giây. Chứng thư hết hạn cũng vậy: phiên đang mở không bị ngắt.

## Cần biết

- Ai bị từ chối được ghi trong \`${join(logFolder, logFileName)}\` và \`journalctl -u ${service}\`; \`vonggac-centre ingest --broker-log\` báo thành cảnh báo.
- Kết nối không nói gì bị ngắt sau 90 giây. Nếu cổng ${port} mở ra mạng rộng, hãy giới hạn số kết nối của mỗi địa chỉ:
  \`${firewallCommand(layout)}\`
- Cơ sở dữ liệu bị hỏng được đổi tên thành \`mosquitto.db.damaged\` ngay ở lần tự khởi động lại tiếp theo; khi đó hãy phát lại cấu hình và bản tin tình báo cho các thiết bị.
- Một thiết bị bị chiếm quyền có thể làm đầy bộ nhớ của broker (đăng ký chủ đề, tin lưu lại). Dấu hiệu: "out of memory" trong nhật ký. Cách xử lý: thu hồi thiết bị đó.
`;
}

function english(layout: BrokerLayout): string {
  const { folder, host, port, servicePort, logFolder } = layout;
  return `# The centre's message broker

Boxes connect to \`mqtts://${host}:${port}\`, the services of the centre to \`mqtts://${host}:${servicePort}\`.

## To be put into this folder

| file | what it is | mode |
| --- | --- | --- |
| \`${placedFiles.boxesAuthority}\` | certificate of the authority that signs boxes, and nothing but boxes | 0640 |
| \`${placedFiles.servicesAuthority}\` | certificate of the authority that signs the centre's services; another one | 0640 |
| \`${placedFiles.certificate}\` | certificate of this broker, for the name \`${host}\`, with intermediate authorities if there are any | 0640 |
| \`${placedFiles.key}\` | its private key, without a password | 0640, group \`${layout.user}\` |
| \`${placedFiles.boxesRevoked}\`, \`${placedFiles.servicesRevoked}\` | list of revoked certificates (CRL, PEM) of each authority; needed, even while it is empty | 0640 |

The name in a certificate (CN) is the name of the client. The boxes' authority may sign names of small letters, digits and \`-\` only (4 to 32 characters):
a dot means a service, and \`/\`, \`+\` or \`#\` are dangerous. **Once a CRL has expired every client is refused:** give it a long life and renew it early.
(\`init\` and \`revoke\` give it 10 years, anew each time: it lies beside the broker, so a short life would make it no fresher.)

## Installation

\`\`\`
${installCommands(layout)}
\`\`\`

All other files are written by \`vonggac-centre broker-config\`. To run it again does no harm; a file edited by hand is replaced with \`--force\` only.
Where \`vonggac-centre init\` made this folder, every file is there already. To try it without systemd: \`${join(folder, writtenFiles.start)}\`.
${claimsInEnglish(layout)}
## To revoke a box

In a centre made by \`vonggac-centre init\`, \`vonggac-centre revoke BOX\` does all of it. Step by step, by hand:

\`\`\`
${revokeCommands(layout)}
\`\`\`

The second command looks at the files first; **never send the broker SIGHUP by hand**: with a broken CRL Mosquitto forgets who was revoked, with a
broken access file everybody may do everything. Without systemd, \`${join(folder, writtenFiles.reload)}\` does the same. After it a revoked certificate opens no
new connection; a session that is open stays until the third. \`systemctl restart ${service}\` does both, and cuts off every box for some seconds. The same is true of a certificate that ends: its open session goes on.

## Good to know

- Who was turned away stands in \`${join(logFolder, logFileName)}\` and in \`journalctl -u ${service}\`; \`vonggac-centre ingest --broker-log\` makes alerts of it.
- A connection that says nothing is closed after 90 seconds. Where port ${port} is open to a wide network, limit the connections of each address:
  \`${firewallCommand(layout)}\`
- A damaged database is renamed to \`mosquitto.db.damaged\` when the broker starts itself again; then publish configurations and intelligence to the boxes again.
- A box that was taken over can fill the broker's memory (subscriptions, retained messages). The log then says "out of memory". Revoke that box.
`;
}
