/** The server's direction of an HTTP/1 connection -> responses. Needs the methods of the requests to know which have no body. */
import type { Anomaly } from '../anomaly.ts';
import { judgeResponse, type Likeness } from './http-content.ts';
import type { HttpHead } from './http-head.ts';
import type { HttpResponse } from './http-message.ts';
import { HttpMessageStream } from './http-message-stream.ts';
import { httpText } from './http-text.ts';

const statusAt = 9;
const statusEnd = 12;
const switchingProtocols = 101;

/** RFC 9110 §6.4.1: these never have a body, whatever their headers say. */
function isBodiless(method: string | undefined, status: number): boolean {
  return method === 'HEAD' || status < 200 || status === 204 || status === 304;
}

export class HttpResponseStream extends HttpMessageStream {
  protected readonly fault = 'http.bad-response';

  protected judge(bytes: Uint8Array, start: number, end: number): Likeness {
    return judgeResponse(bytes, start, end);
  }

  protected message(bytes: Uint8Array, start: number, head: HttpHead, fault: Anomaly | undefined): void {
    const status = Number(httpText(bytes, start + statusAt, start + statusEnd));
    const response: HttpResponse = { status };
    if (head.server !== undefined) response.server = head.server;
    if (head.contentType !== undefined) response.contentType = head.contentType;
    if (fault !== undefined) response.anomaly = fault;
    this.beginBody(status, head);
    this.sink.response(response);
  }

  /** RFC 9112 §6.3, in its order. RFC 9110 §15.2: an interim response is not the answer yet. */
  private beginBody(status: number, head: HttpHead): void {
    const method = status < 200 && status !== switchingProtocols ? undefined : this.exchange.answered();
    if (status === switchingProtocols || (method === 'CONNECT' && status >= 200 && status < 300)) {
      this.exchange.tunnel = true;
      this.state = 'tunnel';
      return;
    }
    if (isBodiless(method, status)) this.body.beginNone();
    else if (head.transferEncoding === 'chunked') this.body.beginChunked();
    else if (head.transferEncoding === 'other' || head.contentLengthBytes < 0) this.body.beginUntilClose();
    else this.body.beginLength(head.contentLengthBytes);
    this.state = this.body.done ? 'head' : 'body';
  }
}
