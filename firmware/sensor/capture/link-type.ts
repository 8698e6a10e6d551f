/** Turns the link type that a file or a capture library names into a LINKTYPE_ value. Does not judge whether it can be decoded. */

/** https://www.tcpdump.org/linktypes.html: the low 16 bits; above them lie the length of a frame check sequence and reserved bits. */
const LINK_TYPE_MASK = 0xffff;
const LINKTYPE_RAW = 101;
/** DLT_RAW of Linux and of OpenBSD: written into files by programs that took the library's own number for the file's. */
const DLT_RAW_LINUX = 12;
const DLT_RAW_OPENBSD = 14;

/** `field`: the 32-bit network field of a pcap header, or the 16-bit link type of a pcapng interface. */
export function linkTypeOfField(field: number): number {
  const linkType = field & LINK_TYPE_MASK;
  return linkType === DLT_RAW_LINUX || linkType === DLT_RAW_OPENBSD ? LINKTYPE_RAW : linkType;
}
