/** How far a long piece of work has come, for people, on standard error: in place on a terminal, one line at the end elsewhere. */

export interface Progress {
  show(done: number, of: number): void;
  done(result: string): void;
}

export function startProgress(what: string): Progress {
  const startedMs = performance.now();
  const seconds = (): string => ((performance.now() - startedMs) / 1000).toFixed(1);
  const terminal = process.stderr.isTTY === true;
  let shownPercent = -1;
  return {
    show(done, of) {
      const percent = Math.floor((100 * done) / of);
      if (!terminal || percent === shownPercent) return;
      shownPercent = percent;
      process.stderr.write(`\r\x1b[K  ${what}: ${percent} %`);
    },
    done(result) {
      process.stderr.write(`${terminal ? '\r\x1b[K' : ''}  ${what}: ${result} (${seconds()} s)\n`);
    },
  };
}
