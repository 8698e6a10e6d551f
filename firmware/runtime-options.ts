/** What the processes of the box tell Node and V8, each with what it was measured to be worth. */

/** Of every process. One thread for V8's own compilers and collectors costs a tenth less CPU than its four, which get in each other's way on a small machine. */
export const commonOptions: readonly string[] = ['--v8-pool-size=1'];

/**
 * Of captures that are run from a file. The compiler may put the whole way of a packet into one function, three times what it allows itself: 3 % less time
 * for a packet. Not for a live sensor: such functions take longer to compile, and at 300,000 packets/s frames were lost until they were.
 */
export const captureFileOptions: readonly string[] = ['--max-inlined-bytecode-size-cumulative=3000', '--max-inlined-bytecode-size=1000'];

/**
 * Keeps the young generation small. Left alone that grows by tens of megabytes, whenever it pleases, and stays so, though the sensor leaves little
 * garbage behind; measured: no more time for a packet. The agent has bursts, when much is waiting: after one it shall be as small as before.
 */
const smallYoungGeneration = '--max-semi-space-size=4';
export const sensorRuntimeOptions: readonly string[] = [smallYoungGeneration];
export const agentRuntimeOptions: readonly string[] = [smallYoungGeneration];
