/** The client's direction of an HTTP/1 connection -> requests. */
import type { Anomaly } from '../anomaly.ts';
import { judgeRequest, type Likeness } from './http-content.ts';
import type { HttpHead } from './http-head.ts';
import type { HttpRequest } from './http-message.ts';
import { HttpMessageStream } from './http-message-stream.ts';
import { httpText } from './http-text.ts';

const absolute = /^https?:\/\//i;

/** RFC 9112 §3.3. A target in absolute form stands for itself even without a Host line; the rest needs one. */
function requestUrl(method: string, target: string, host: string | undefined): string | undefined {
  if (absolute.test(target)) return target;
  if (host === undefined) return undefined;
  return method === 'CONNECT' ? target : `http://${host}${target}`;
}

export class HttpRequestStream extends HttpMessageStream {
  protected readonly fault = 'http.bad-request';

  protected judge(bytes: Uint8Array, start: number, end: number): Likeness {
    return judgeRequest(bytes, start, end);
  }

  protected message(bytes: Uint8Array, start: number, head: HttpHead, fault: Anomaly | undefined): void {
    const line = httpText(bytes, start, head.startLineEnd);
    const method = line.slice(0, line.indexOf(' '));
    const rest = line.slice(method.length).trimStart();
    const targetEnd = rest.indexOf(' ');
    const target = targetEnd < 0 ? rest : rest.slice(0, targetEnd);
    const request: HttpRequest = { method, target, uri: target };
    const url = requestUrl(method, target, head.host);
    if (head.host !== undefined) request.host = head.host;
    if (head.userAgent !== undefined) request.userAgent = head.userAgent;
    if (url !== undefined) request.url = url;
    if (fault !== undefined) request.anomaly = fault;
    this.exchange.asked(method);
    this.beginBody(method, head);
    this.sink.request(request);
  }

  /** RFC 9112 §6.3: a request without a length has no body. */
  private beginBody(method: string, head: HttpHead): void {
    if (method === 'CONNECT') {
      this.body.beginNone();
      this.state = 'connecting';
      return;
    }
    if (head.transferEncoding !== 'none') this.body.beginChunked();
    else this.body.beginLength(Math.max(0, head.contentLengthBytes));
    this.state = this.body.done ? 'head' : 'body';
  }
}
