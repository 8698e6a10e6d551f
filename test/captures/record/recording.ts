/** What a recording is: a name, how it was made, the line it is played over, and what the sensor must make of it. */
import type { LineKind } from './line.ts';
import type { Scene } from './programs.ts';

/** The state in which an alert must end. `value` is the indicator in canonical form. */
export interface ExpectedAlert {
  kind: 'c2.address' | 'c2.domain' | 'c2.url' | 'c2.tls' | 'c2.certificate' | 'c2.user-agent';
  stage: 'attempt' | 'contact' | 'exchange';
  hostIp: string;
  value: string;
  /** Given where the capture tells it by DHCP. */
  hostName?: string;
  /** Given where the severity has an upper bound whatever the confidence. */
  severityMax?: number;
}

export interface Recording {
  /** The file is `NAME.pcap`. */
  name: string;
  /** One line: which programs made it. */
  origin: string;
  line?: LineKind;
  play(scene: Scene): Promise<void>;
  /** The bad values that the capture is run against. A value that is only known afterwards is written `<ja3>`, `<ja4>`, `<cert>`. */
  indicators?: readonly string[];
  alerts?: readonly ExpectedAlert[];
}
