/** What the processes of the box tell Node and V8, each with what it was measured to be worth. */

/** Of every process. One thread for V8's own compilers and collectors costs a tenth less CPU than its four, which get in each other's way on a small machine. */
export const commonOptions: readonly string[] = ['--v8-pool-size=1'];

/**
 * Where packets are looked at. The compiler may put the whole way of a packet into one function, three times what it allows itself: with the usual bounds
 * it is chance what is left out, and more listeners to the events make that worse. 3 % less time for a packet, 5 % with the memory of what was seen.
 */
export const packetPathOptions: readonly string[] = ['--max-inlined-bytecode-size-cumulative=3000', '--max-inlined-bytecode-size=1000'];

/**
 * Keeps the young generation small. Left alone that grows by tens of megabytes, whenever it pleases, and stays so, though the sensor leaves little
 * garbage behind; measured: no more time for a packet. The agent has bursts, when much is waiting: after one it shall be as small as before.
 */
const smallYoungGeneration = '--max-semi-space-size=4';
export const sensorRuntimeOptions: readonly string[] = [smallYoungGeneration, ...packetPathOptions];
export const agentRuntimeOptions: readonly string[] = [smallYoungGeneration];
