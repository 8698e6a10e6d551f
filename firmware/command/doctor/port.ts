/** The mirror port -> is it there, may we capture, is it a mirror, is anything lost. Listens for a few seconds and sends nothing. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BoxConfig } from '../../config.ts';
import { CaptureError } from '../../sensor/capture/frame.ts';
import { EVERY_INTERFACE, readInterfaceState } from '../../sensor/capture/interface-state.ts';
import { type LiveSource, openLive } from '../../sensor/capture/live.ts';
import { liveOptionsSchema } from '../../sensor/capture/live-options.ts';
import { type Finding, finding } from './finding.ts';
import { MirrorSample, type OwnAddresses } from './mirror-sample.ts';

const listenMs = 3_000;
/** Opening takes milliseconds; a refusal comes as fast. */
const openTimeoutMs = 2_000;
/** A box in good health loses fewer: the same share makes the sensor shed. */
const dropShareMax = 0.001;
const sysClassNet = '/sys/class/net';

/** Each finding as soon as it is known: listening takes seconds. */
export async function* checkPort(name: string | undefined, capture: BoxConfig['capture']): AsyncGenerator<Finding> {
  if (name === undefined) {
    if (capture?.file !== undefined) yield finding('capture.file', { file: capture.file });
    else yield finding('interface.unnamed', { known: knownInterfaces() });
    return;
  }
  const { state } = readInterfaceState(name);
  if (state !== 'up') {
    yield finding(`interface.${state}`, { interface: name, ...(state === 'missing' ? { known: knownInterfaces() } : {}) });
    return;
  }
  yield finding('interface.ok', { interface: name });
  const [address] = (networkInterfaces()[name] ?? []).filter(({ family, internal }) => family === 'IPv4' && !internal);
  if (address !== undefined) yield finding('interface.address', { interface: name, address: address.address });
  yield* await listen(name, capture);
}

async function listen(name: string, capture: BoxConfig['capture']): Promise<Finding[]> {
  // What else a configuration says of the capture is about files.
  const source = openLive(liveOptionsSchema.strip().parse({ ...capture, interface: name, shed: 'off' }));
  const sample = new MirrorSample(ownAddresses());
  let failure: unknown;
  const running = source
    .run((frame) => sample.take(frame))
    .catch((error: unknown) => {
      failure = error;
    });
  await opened(source, () => failure !== undefined);
  const { state, message } = source.status();
  const startMs = performance.now();
  if (state === 'up' && failure === undefined) await sleep(listenMs);
  const seconds = (performance.now() - startMs) / 1_000;
  const counters = source.counters();
  source.stop();
  await running;
  if (failure !== undefined && !(failure instanceof CaptureError)) throw failure;
  if (failure !== undefined) return [finding('capture.failed', { reason: failure.message })];
  if (state === 'no-permission') return [finding('capture.no-permission', { interface: name })];
  if (state !== 'up') return [finding('capture.failed', { reason: message })];
  const dropped = (counters.kernelDropped ?? 0) + (counters.interfaceDropped ?? 0);
  return [drops(dropped, sample, seconds), mirror(name, sample, seconds)];
}

/** Resolves when the source captures, or has said why it does not. */
async function opened(source: LiveSource, hasFailed: () => boolean): Promise<void> {
  const endMs = performance.now() + openTimeoutMs;
  while (performance.now() < endMs && !hasFailed()) {
    const { state } = source.status();
    if (state === 'up' || state === 'no-permission' || state === 'failed') return;
    await sleep(20);
  }
}

function drops(dropped: number, { frames }: MirrorSample, elapsedSeconds: number): Finding {
  const seconds = Math.round(elapsedSeconds);
  const isTooMuch = dropped / Math.max(1, frames + dropped) > dropShareMax;
  return isTooMuch ? finding('capture.drops', { dropped, seen: frames, seconds }) : finding('capture.ok', { seconds });
}

function mirror(name: string, sample: MirrorSample, elapsedSeconds: number): Finding {
  const { frames, group, own, foreign, twoWayPairs, oneWayPairs } = sample;
  const seconds = Math.round(elapsedSeconds);
  switch (sample.verdict()) {
    case 'silent':
      return finding('mirror.silent', { interface: name, seconds });
    case 'not-a-mirror':
      return finding('mirror.not-a-mirror', { interface: name, group, own });
    case 'one-way':
      return finding('mirror.one-way', { interface: name, foreign, oneWay: oneWayPairs });
    case 'too-little':
      return finding('mirror.too-little', { interface: name, foreign, seconds });
    case 'ok':
      return finding('mirror.ok', { interface: name, rate: Math.round(frames / elapsedSeconds), pairs: twoWayPairs });
  }
}

function ownAddresses(): OwnAddresses {
  const hardware = interfaceNames().map((name) => readFileSync(`${sysClassNet}/${name}/address`, 'latin1').trim());
  const ip = Object.values(networkInterfaces()).flatMap((addresses) => (addresses ?? []).map(({ address }) => address));
  return { hardware: new Set(hardware), ip: new Set(ip) };
}

function interfaceNames(): string[] {
  return existsSync(sysClassNet) ? readdirSync(sysClassNet).filter((name) => existsSync(`${sysClassNet}/${name}/address`)) : [];
}

function knownInterfaces(): string {
  return (
    interfaceNames()
      .filter((name) => name !== 'lo' && name !== EVERY_INTERFACE)
      .join(', ') || '-'
  );
}
