/** The source of frames that a configuration asks for: the mirror port, or a capture file at its own pace, once or round and round. */
import { openCaptureFile } from './capture-file.ts';
import type { FrameSink, FrameSource, SourceCounters } from './frame.ts';
import { type LiveSource, type LiveStatus, openLive } from './live.ts';
import type { LiveOptionsInput } from './live-options.ts';
import { paced } from './paced.ts';

export interface SourceConfig extends Omit<LiveOptionsInput, 'interface'> {
  interface?: string | undefined;
  file?: string | undefined;
  /** 1 = the capture's own pace, 0 = as fast as possible. */
  pace: number;
  once: boolean;
  /** Frames carry the time at which they are played; else their own. */
  retime: boolean;
}

/** In the words of health/1. */
export interface SourceStatus {
  state: 'starting' | 'running' | 'waiting' | 'ended' | 'failed';
  error?: string;
  shedding: boolean;
}

export interface SensorSource extends FrameSource {
  readonly isLive: boolean;
  /** It captured before: what ends its run then is healed by a new process, not by a person. */
  readonly wasRunning: boolean;
  status(): SourceStatus;
  onStatus(listener: (status: SourceStatus) => void): void;
}

export function openConfiguredSource(
  config: SourceConfig,
  { isSupportedLinkType }: { isSupportedLinkType(linkType: number): boolean },
): SensorSource {
  const { file, pace, once, retime, ...live } = config;
  if (file !== undefined) return new PlayedFile({ file, pace, once, retime, isSupportedLinkType });
  return new LivePort(openLive({ ...live, interface: live.interface ?? '' }));
}

class LivePort implements SensorSource {
  readonly isLive = true;
  wasRunning = false;
  private readonly source: LiveSource;

  constructor(source: LiveSource) {
    this.source = source;
    source.onStatus(({ state }) => {
      this.wasRunning ||= state === 'up' || state === 'no-link';
    });
  }

  get name(): string {
    return this.source.name;
  }

  get warnings(): readonly string[] {
    return this.source.warnings;
  }

  run(sink: FrameSink): Promise<void> {
    return this.source.run(sink);
  }

  stop(): void {
    this.source.stop();
  }

  counters(): SourceCounters {
    return this.source.counters();
  }

  status(): SourceStatus {
    return statusOf(this.source.status());
  }

  onStatus(listener: (status: SourceStatus) => void): void {
    this.source.onStatus((status) => listener(statusOf(status)));
  }
}

function statusOf({ state, message, shedding }: LiveStatus): SourceStatus {
  if (state === 'up') return { state: 'running', shedding };
  return { state: state === 'failed' || state === 'no-permission' ? 'failed' : 'waiting', error: message, shedding };
}

interface PlayedFileParts {
  file: string;
  pace: number;
  once: boolean;
  retime: boolean;
  isSupportedLinkType: (linkType: number) => boolean;
}

/** Frames of a file, where wanted with their times moved to now, as if they were just seen. */
class PlayedFile implements SensorSource {
  readonly isLive = false;
  readonly wasRunning = false;
  readonly name: string;
  readonly warnings: string[] = [];
  private readonly parts: PlayedFileParts;
  private current: FrameSource | undefined;
  private received = 0;
  private ended = false;
  private stopped = false;

  constructor(parts: PlayedFileParts) {
    this.name = parts.file;
    this.parts = parts;
  }

  async run(sink: FrameSink): Promise<void> {
    const { pace, once, retime, isSupportedLinkType } = this.parts;
    while (!this.stopped) {
      const file = openCaptureFile(this.name, { isSupportedLinkType });
      const source = pace > 0 ? paced(file, pace) : file;
      this.current = source;
      const before = this.received;
      let shiftMicros: number | undefined;
      await source.run((frame) => {
        const own = frame.tsMicros;
        shiftMicros ??= retime ? Date.now() * 1000 - own : 0;
        frame.tsMicros = own + shiftMicros;
        this.received++;
        sink(frame);
        frame.tsMicros = own;
      });
      this.warnings.push(...source.warnings);
      if (once || this.received === before) break; // an empty capture would go round without end
    }
    this.ended = !this.stopped;
  }

  stop(): void {
    this.stopped = true;
    this.current?.stop();
  }

  counters(): SourceCounters {
    return { received: this.received };
  }

  status(): SourceStatus {
    if (this.ended) return { state: 'ended', shedding: false };
    return { state: this.received > 0 ? 'running' : 'starting', shedding: false };
  }

  onStatus(listener: (status: SourceStatus) => void): void {
    listener(this.status());
  }
}
