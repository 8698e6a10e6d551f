/** HTTP/1.1 heads as programs send them (RFC 9112 §2). Bodies are the caller's. */

const userAgents = [
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36',
  'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
  'Microsoft-CryptoAPI/10.0',
  'Debian APT-HTTP/1.3 (2.6.1)',
];

export function httpRequest(host: string, path: string, choice: number): Buffer {
  const agent = userAgents[choice % userAgents.length]!;
  const head = `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nUser-Agent: ${agent}\r\nAccept: */*\r\nAccept-Encoding: gzip, deflate\r\n`;
  return Buffer.from(`${head}Accept-Language: vi,en;q=0.8\r\nConnection: keep-alive\r\n\r\n`, 'latin1');
}

export function httpResponse(bodyBytes: number): Buffer {
  const head = 'HTTP/1.1 200 OK\r\nServer: nginx\r\nContent-Type: application/octet-stream\r\n';
  return Buffer.from(`${head}Content-Length: ${bodyBytes}\r\nCache-Control: max-age=600\r\nConnection: keep-alive\r\n\r\n`, 'latin1');
}
