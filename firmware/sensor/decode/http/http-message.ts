/** What the HTTP/1 streams tell about requests and responses. Absent means unknown; values are text as `http-text.ts` writes it. */
import type { Anomaly } from '../anomaly.ts';

export interface HttpRequest {
  method: string;
  /** The request target as sent (RFC 9112 §3.2): `/path?query`, `http://host/path`, `host:443` or `*`. */
  target: string;
  /** The same: the name that observations use. */
  uri: string;
  /** Host header as sent, without the blanks around it; of several, the last. */
  host?: string;
  userAgent?: string;
  /** `http://` + host + target, or the target where it is absolute or of CONNECT. */
  url?: string;
  anomaly?: Anomaly;
}

export interface HttpResponse {
  status: number;
  server?: string;
  contentType?: string;
  anomaly?: Anomaly;
}

export interface HttpSink {
  request(request: HttpRequest): void;
  response(response: HttpResponse): void;
  /** A fault that belongs to no message: bytes that are no HTTP where a message should begin, a broken body. */
  anomaly(anomaly: Anomaly): void;
}
