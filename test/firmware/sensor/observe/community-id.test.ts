import { describe, expect, it } from 'vitest';
import { parseAddress } from '../../../../firmware/sensor/bytes/address.ts';
import { communityId } from '../../../../firmware/sensor/observe/community-id.ts';
import { Connection } from '../../../../firmware/sensor/observe/event.ts';
import { Sensor } from './sensor.ts';
import { datagram, ethernet, icmp, ip, TcpTalk, u16, u32 } from './traffic.ts';

function connection(protocol: number, src: string, sport: number, dst: string, dport: number): Connection {
  const made = new Connection();
  [made.clientA, made.clientB, made.clientC, made.clientD] = parseAddress(src)!;
  [made.serverA, made.serverB, made.serverC, made.serverD] = parseAddress(dst)!;
  made.protocol = protocol;
  made.clientPort = sport;
  made.serverPort = dport;
  return made;
}

const six1 = 'fe80:1:203:405:607:809:a0b:c0d';
const six2 = 'fe80:1011:1213:1415:1617:1819:1a1b:1c1d';

/** The sample results of corelight/community-id-spec (baseline, default settings), and of the captures beside them. */
const published = [
  [6, '1.2.3.4', 1122, '5.6.7.8', 3344, '1:wCb3OG7yAFWelaUydu0D+125CLM='],
  [6, '5.6.7.8', 3344, '1.2.3.4', 1122, '1:wCb3OG7yAFWelaUydu0D+125CLM='],
  [17, '1.2.3.4', 1122, '5.6.7.8', 3344, '1:0Mu9InQx6z4ZiCZM/7HXi2WMhOg='],
  [17, '5.6.7.8', 3344, '1.2.3.4', 1122, '1:0Mu9InQx6z4ZiCZM/7HXi2WMhOg='],
  [132, '1.2.3.4', 1122, '5.6.7.8', 3344, '1:EKt4MsxuyaE6mL+hmrEkQ9csDD8='],
  [132, '5.6.7.8', 3344, '1.2.3.4', 1122, '1:EKt4MsxuyaE6mL+hmrEkQ9csDD8='],
  [1, '1.2.3.4', 8, '5.6.7.8', 0, '1:crodRHL2FEsHjbv3UkRrfbs4bZ0='],
  [1, '5.6.7.8', 0, '1.2.3.4', 0, '1:crodRHL2FEsHjbv3UkRrfbs4bZ0='],
  [1, '1.2.3.4', 11, '5.6.7.8', 0, '1:f/YiSyWqczrTgfUCZlBUnvHRcPk='],
  [1, '192.168.0.89', 8, '192.168.0.1', 0, '1:X0snYXpgwiv9TZtqg64sgzUn6Dk='],
  [1, '10.0.0.1', 11, '10.0.0.2', 0, '1:YHxtAirCG//0OzkcVAukqKQN9xM='],
  [58, six1, 128, six2, 0, '1:0bf7hyMJUwt3fMED7z8LIfRpBeo='],
  [58, six2, 129, six1, 0, '1:0bf7hyMJUwt3fMED7z8LIfRpBeo='],
  [58, six1, 146, six2, 0, '1:fYC8+pz24E+EhANP1EZhpX0Dw10='],
  [58, 'fe80::200:86ff:fe05:80da', 135, 'fe80::260:97ff:fe07:69ea', 0, '1:dGHyGvjMfljg6Bppwm3bg0LO8TY='],
  [58, 'fe80::260:97ff:fe07:69ea', 136, 'fe80::200:86ff:fe05:80da', 0, '1:dGHyGvjMfljg6Bppwm3bg0LO8TY='],
  [58, 'fe80::200:86ff:fe05:80da', 136, 'fe80::260:97ff:fe07:69ea', 0, '1:zavyT/cezQr1fmImYCwYnMXbgck='],
  [58, '3ffe:501:1800:2345::2', 3, '3ffe:507:0:1:200:86ff:fe05:80da', 0, '1:2ObVBgIn28oZvibYZhZMBgh7WdQ='],
  [58, '3ffe:501:410:0:2c0:dfff:fe47:33e', 1, '3ffe:507:0:1:200:86ff:fe05:80da', 4, '1:hLZd0XGWojozrvxqE0dWB1iM6R0='],
  [58, 'fe80::200:86ff:fe05:80da', 133, 'ff02::2', 0, '1:hO+sN4H+MG5MY/8hIrXPqc4ZQz0='],
  [46, '1.2.3.4', 0, '5.6.7.8', 0, '1:ikv3kmf89luf73WPz1jOs49S768='],
  [46, '5.6.7.8', 0, '1.2.3.4', 0, '1:ikv3kmf89luf73WPz1jOs49S768='],
  [46, six1, 0, six2, 0, '1:wQ/2mwrnXP4lmJcHdGL5ePjR+e0='],
  [6, '128.232.110.120', 34_855, '66.35.250.204', 80, '1:LQU9qZlK+B5F3KDmev6m5PMibrg='],
  [6, '10.0.0.1', 10, '10.0.0.2', 11_569, '1:SXBGMX1lBOwhhoDrZynfROxnhnM='],
  [6, '2001:470:e5bf:dead:4957:2174:e82c:4887', 63_943, '2607:f8b0:400c:c03::1a', 25, '1:/qFaeAR+gFe1KYjMzVDsMv+wgU4='],
  [17, '192.168.1.52', 54_585, '8.8.8.8', 53, '1:d/FP5EW3wiY1vCndhwleRRKHowQ='],
  [132, '192.168.170.8', 7, '192.168.170.56', 80, '1:jQgCxbku+pNGw8WPbEc/TS/uTpQ='],
] as const;

describe('the community id', () => {
  it.each(published)('of protocol %i, %s port %i to %s port %i is as published', (protocol, src, sport, dst, dport, id) => {
    expect(communityId(connection(protocol, src, sport, dst, dport))).toBe(id);
  });

  it('of observed flows is as published', () => {
    const tcp = new TcpTalk({ client: '128.232.110.120', cport: 34_855, server: '66.35.250.204', sport: 80 });
    const udp = { client: '192.168.1.52', cport: 54_585, server: '8.8.8.8', sport: 53 };
    const echo = ethernet(ip('192.168.0.89', '192.168.0.1', 1, icmp(8, 0)));
    const rsvp = ethernet(ip('1.2.3.4', '5.6.7.8', 46, Buffer.alloc(8)));
    const sensor = new Sensor().send(...tcp.handshake(), datagram(udp, true, Buffer.alloc(20)), echo, rsvp).finish();
    expect(sensor.of('flow').map((flow) => flow.communityId)).toEqual([
      '1:LQU9qZlK+B5F3KDmev6m5PMibrg=',
      '1:d/FP5EW3wiY1vCndhwleRRKHowQ=',
      '1:X0snYXpgwiv9TZtqg64sgzUn6Dk=',
      '1:ikv3kmf89luf73WPz1jOs49S768=',
    ]);
  });

  it('of an observed SCTP flow is as published, for its ports are read', () => {
    const sctp = ethernet(ip('1.2.3.4', '5.6.7.8', 132, Buffer.concat([u16(1122, 3344), u32(0, 0)])));
    expect(new Sensor().send(sctp).finish().of('flow')[0]?.communityId).toBe('1:EKt4MsxuyaE6mL+hmrEkQ9csDD8=');
  });
});
