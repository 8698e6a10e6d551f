/** HTTP/1 as the observers use it: one stream for each direction, one exchange for both, and the tests of content. */
export { looksLikeHttpRequest, looksLikeHttpResponse, mayBecomeHttpRequest } from './http-content.ts';
export { HttpExchange } from './http-exchange.ts';
export type { HttpRequest, HttpResponse, HttpSink } from './http-message.ts';
export { HttpRequestStream } from './http-request-stream.ts';
export { HttpResponseStream } from './http-response-stream.ts';
