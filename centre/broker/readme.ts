/** The guide that lies beside the configuration, for the engineer who sets the broker up: Vietnamese, then English, the same in both. */
import { join } from 'node:path';
import { type BrokerLayout, logFileName, placedFiles, unitName, writtenFiles } from './layout.ts';

export function brokerReadme(layout: BrokerLayout): string {
  return `${vietnamese(layout)}\n---\n\n${english(layout)}`;
}

const service = unitName.replace('.service', '');

function installCommands({ folder, user }: BrokerLayout): string {
  const addUser = user === 'root' ? '' : `sudo adduser --system --group --no-create-home --home /nonexistent ${user}\n`;
  return `sudo apt-get install mosquitto openssl && sudo systemctl disable --now mosquitto
${addUser}sudo chown root:${user} ${folder} ${folder}/* && sudo chmod 2750 ${folder}
sudo chmod 0640 ${join(folder, placedFiles.key)}
sudo systemctl enable --now ${join(folder, writtenFiles.unit)}`;
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

function vietnamese(layout: BrokerLayout): string {
  const { host, port, servicePort, logFolder } = layout;
  return `# Máy chủ nhắn tin (broker) của trung tâm

Các hộp kết nối tới \`mqtts://${host}:${port}\`, dịch vụ của trung tâm tới \`mqtts://${host}:${servicePort}\`.

## Cần đặt vào thư mục này

| tệp | là gì | quyền |
| --- | --- | --- |
| \`${placedFiles.boxesAuthority}\` | chứng thư của CA cấp cho các hộp, và chỉ cho các hộp | 0640 |
| \`${placedFiles.servicesAuthority}\` | chứng thư của CA cấp cho dịch vụ của trung tâm; phải là một CA khác | 0640 |
| \`${placedFiles.certificate}\` | chứng thư của máy chủ này, có tên \`${host}\`, kèm các CA trung gian nếu có | 0640 |
| \`${placedFiles.key}\` | khóa riêng của chứng thư đó, không đặt mật khẩu | 0640, nhóm \`${layout.user}\` |
| \`${placedFiles.boxesRevoked}\`, \`${placedFiles.servicesRevoked}\` | danh sách thu hồi (CRL, dạng PEM) của từng CA; bắt buộc có, kể cả khi còn trống | 0640 |

Tên trong chứng thư (CN) chính là tên của máy khách. CA của các hộp chỉ được cấp tên gồm chữ thường, số và dấu \`-\` (4 đến 32 ký tự): tên có
dấu chấm là của dịch vụ, tên có \`/\`, \`+\` hay \`#\` là nguy hiểm. **CRL hết hạn thì mọi máy khách đều bị từ chối:** hãy đặt hạn thật dài và
gia hạn sớm.

## Cài đặt

\`\`\`
${installCommands(layout)}
\`\`\`

Các tệp còn lại do \`vonggac-centre broker-config\` ghi; chạy lại lệnh đó thì không mất gì, và tệp đã sửa tay chỉ bị ghi đè khi có \`--force\`.

## Thu hồi một hộp

\`\`\`
${revokeCommands(layout)}
\`\`\`

Lệnh thứ hai kiểm tra các tệp trước; **đừng bao giờ tự gửi SIGHUP cho broker**: gặp CRL hỏng, Mosquitto bỏ qua việc thu hồi; gặp tệp quyền hỏng, ai cũng
làm được mọi thứ. Sau lệnh đó, chứng thư bị thu hồi không kết nối mới được nữa; phiên đang mở vẫn còn cho đến lệnh thứ ba. \`systemctl restart ${service}\` cũng
làm được cả hai việc, nhưng ngắt mọi hộp trong vài giây. Chứng thư hết hạn cũng vậy: phiên đang mở không bị ngắt.

## Cần biết

- Ai bị từ chối được ghi trong \`${join(logFolder, logFileName)}\` và \`journalctl -u ${service}\`; \`vonggac-centre ingest --broker-log\` báo thành cảnh báo.
- Kết nối không nói gì bị ngắt sau 90 giây. Nếu cổng ${port} mở ra mạng rộng, hãy giới hạn số kết nối của mỗi địa chỉ:
  \`${firewallCommand(layout)}\`
- Cơ sở dữ liệu bị hỏng được đổi tên thành \`mosquitto.db.damaged\` ngay ở lần tự khởi động lại tiếp theo; khi đó hãy phát lại cấu hình và bản tin tình báo cho các hộp.
- Một hộp bị chiếm quyền có thể làm đầy bộ nhớ của broker (đăng ký chủ đề, tin lưu lại). Dấu hiệu: "out of memory" trong nhật ký. Cách xử lý: thu hồi hộp đó.
`;
}

function english(layout: BrokerLayout): string {
  const { host, port, servicePort, logFolder } = layout;
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

## Installation

\`\`\`
${installCommands(layout)}
\`\`\`

All other files are written by \`vonggac-centre broker-config\`. To run it again does no harm; a file edited by hand is replaced with \`--force\` only.

## To revoke a box

\`\`\`
${revokeCommands(layout)}
\`\`\`

The second command looks at the files first; **never send the broker SIGHUP by hand**: with a broken CRL Mosquitto forgets who was revoked, with a
broken access file everybody may do everything. After it a revoked certificate opens no new connection; a session that is open stays until the third. \`systemctl restart ${service}\`
does both, and cuts off every box for some seconds. The same is true of a certificate that ends: its open session goes on.

## Good to know

- Who was turned away stands in \`${join(logFolder, logFileName)}\` and in \`journalctl -u ${service}\`; \`vonggac-centre ingest --broker-log\` makes alerts of it.
- A connection that says nothing is closed after 90 seconds. Where port ${port} is open to a wide network, limit the connections of each address:
  \`${firewallCommand(layout)}\`
- A damaged database is renamed to \`mosquitto.db.damaged\` when the broker starts itself again; then publish configurations and intelligence to the boxes again.
- A box that was taken over can fill the broker's memory (subscriptions, retained messages). The log then says "out of memory". Revoke that box.
`;
}
