/** The layout of one flow in the flow table's memory: 32 words of 4 bytes (two cache lines), some of them pairs that hold a double. */

export const wordsPerFlow = 32;
/** A slot shifted by it is the index of the record's first word. */
export const slotShift = 5;
export const doublesPerFlow = wordsPerFlow / 2;

// Indexes of 32-bit words. Side A is whoever sent the first packet; which side is the client is a flag.
export const wordA = 2; // four words
export const wordB = 6; // four words
export const wordPorts = 10; // A's port in the upper half
export const wordProtocol = 11;
export const wordFlags = 12;
export const wordVlan = 13; // outer tag + 1 in the lower half, inner tag + 1 in the upper
export const wordPacketsA = 22;
export const wordPacketsB = 23;
// Sequence number of the SYN, where the flag says that there was one.
export const wordSynA = 26;
export const wordSynB = 27;

// Indexes of doubles.
export const doubleStart = 7;
export const doubleLast = 8;
export const doubleBytesA = 9;
export const doubleBytesB = 10;
export const doubleSerial = 12;
/** Bytes of both sides that the traffic ledger has taken. */
export const doubleTaken = 14;

// Flags.
export const flagInUse = 1 << 0;
export const flagClientIsB = 1 << 1;
export const flagAnswered = 1 << 2;
export const flagExchanged = 1 << 3;
export const flagPayloadA = 1 << 4;
export const flagPayloadB = 1 << 5;
export const flagSynA = 1 << 6;
export const flagSynB = 1 << 7;
export const flagHandshake = 1 << 8;
export const flagFinA = 1 << 9;
export const flagFinB = 1 << 10;
export const flagReset = 1 << 11;
/** Nothing more is to be read from this side's payload. */
export const flagReadA = 1 << 12;
export const flagReadB = 1 << 13;
/** Somebody wants to hear how this flow goes on. */
export const flagWatched = 1 << 14;

/** This side sent something other than a refusal. */
export const flagSpokeA = 1 << 15;
export const flagSpokeB = 1 << 16;

// What the traffic ledger wants to know.
export const flagTls = 1 << 17;
export const flagQuic = 1 << 18;
/** A hello in it names a resolver: DNS that is hidden from us. */
export const flagResolver = 1 << 19;
/** The outer packets of a tunnel. */
export const flagCarrier = 1 << 20;

/** Somebody wants to hear when it is answered. */
export const flagAwaited = 1 << 21;

export const bothSpoke = flagSpokeA | flagSpokeB;
export const bothPayloads = flagPayloadA | flagPayloadB;
export const bothSyns = flagSynA | flagSynB;
export const bothFins = flagFinA | flagFinB;
