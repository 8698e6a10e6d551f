/** What the two directions of one HTTP/1 connection must know of each other: the methods not yet answered, and whether HTTP has ended. */

/** Pipelined requests that are remembered; browsers sent at most eight. Beyond it methods are unknown until all are answered. */
const methodsMax = 64;

export class HttpExchange {
  /** The server agreed to CONNECT or to another protocol (RFC 9110 §9.3.6, §7.8): all that follows both ways is not HTTP/1. */
  tunnel = false;
  private readonly methods: string[] = [];
  private unknown = 0;

  asked(method: string): void {
    if (this.unknown > 0 || this.methods.length === methodsMax) this.unknown++;
    else this.methods.push(method);
  }

  /** Method of the oldest request not answered; undefined when it was not seen. */
  answered(): string | undefined {
    const method = this.methods.shift();
    if (method === undefined && this.unknown > 0) this.unknown--;
    return method;
  }

  /** Bytes were lost, maybe whole messages: only the latest request can still be told to be waiting. */
  lost(): void {
    this.methods.splice(0, this.methods.length - 1);
    this.unknown = 0;
  }
}
