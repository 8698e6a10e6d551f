/** The panel's program -> compiled by make, written to the chip by avrdude. With `print` it only says what it would run. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UserError } from '../user-error.ts';

const sourceFolder = fileURLToPath(new URL('../../panel-chip', import.meta.url));

/** Boot loaders of the Nano by the speed at which they listen; every other name is one of avrdude's, for an ISP programmer. */
const bootLoaders: Readonly<Record<string, number>> = { optiboot: 115_200, 'old-bootloader': 57_600 };
/** "Arduino as ISP" is a programmer at a serial port of its own; the others are found on USB. */
const serialProgrammers: Readonly<Record<string, number>> = { stk500v1: 19_200, avrisp: 19_200 };

/** It leaves the watchdog on after a watchdog reset, and is then reset itself for ever. */
const oldBootLoaderWarning =
  'For a trial only: with this boot loader the chip does not come back after a reset by its watchdog. See firmware/panel-chip/README.md';

export interface FlashOptions {
  port: string;
  programmer: string;
  print?: boolean;
}

interface Step {
  command: string;
  args: readonly string[];
  /** What brings the command where it is missing. */
  packages: string;
  /** What its failure may mean. */
  hint: string;
}

/** `buildFolder`: where the compiled program goes. */
export function flashSteps({ port, programmer }: FlashOptions, buildFolder: string): readonly Step[] {
  const speed = bootLoaders[programmer] ?? serialProgrammers[programmer];
  const isBootLoader = programmer in bootLoaders;
  const program = [
    ...['-p', 'atmega328p', '-c', isBootLoader ? 'arduino' : programmer],
    ...(speed === undefined ? [] : ['-P', port, '-b', String(speed)]),
    // A boot loader erases page by page, and cannot erase the whole chip.
    ...(isBootLoader ? ['-D'] : []),
    ...['-U', `flash:w:${join(buildFolder, 'panel-chip.hex')}:i`],
  ];
  const hint = isBootLoader
    ? `is the panel at ${port}? Nanos with another boot loader: --programmer ${programmer === 'optiboot' ? 'old-bootloader' : 'optiboot'}`
    : 'is the programmer connected, and the chip powered? (firmware/panel-chip/README.md)';
  return [
    {
      command: 'make',
      args: ['-C', sourceFolder, `BUILD=${buildFolder}`],
      packages: 'make gcc-avr avr-libc',
      hint: 'Debian: apt-get install make gcc-avr avr-libc',
    },
    // The lock is the one that the agent holds while it uses the panel: both at once would destroy each other's bytes.
    speed === undefined
      ? { command: 'avrdude', args: program, packages: 'avrdude', hint }
      : {
          command: 'flock',
          args: ['--nonblock', '--conflict-exit-code', String(exitLocked), port, 'avrdude', ...program],
          packages: 'avrdude',
          hint,
        },
  ];
}

/** sysexits.h EX_TEMPFAIL; neither flock nor avrdude ends with it otherwise. */
const exitLocked = 75;
/** What a shell, and flock, say of a command that is not there. */
const exitsNotFound = [69, 127];

function shellLine({ command, args }: Step): string {
  return [command, ...args].map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)).join(' ');
}

/** Throws a `UserError` that says what is missing or wrong, and what to do. */
export async function flashPanel(options: FlashOptions): Promise<void> {
  if (options.print === true) {
    for (const step of flashSteps(options, join(sourceFolder, 'build'))) process.stdout.write(`${shellLine(step)}\n`);
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), 'vonggac-panel-chip-'));
  try {
    const steps = flashSteps(options, folder);
    if (steps.some(({ args }) => args.includes(options.port))) checkPort(options.port);
    for (const step of steps) await run(step, options.port);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  process.stdout.write('The panel has its program. Try it: vonggac panel demo --driver firmata\n');
  if (options.programmer === 'old-bootloader') process.stdout.write(`${oldBootLoaderWarning}\n`);
}

function checkPort(port: string): void {
  const found = statSync(port, { throwIfNoEntry: false });
  if (found?.isCharacterDevice() !== true) {
    throw new UserError(`there is no serial port ${port}: plug the panel in, and give its port with --port (ls /dev/serial/by-id)`);
  }
}

async function run(step: Step, port: string): Promise<void> {
  const failure = await new Promise<string | number | null>((resolve) => {
    const child = spawn(step.command, step.args, { stdio: ['ignore', 'inherit', 'inherit'] });
    child.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    child.once('exit', (code, signal) => resolve(code ?? signal));
  });
  if (failure === 0) return;
  if (failure === 'ENOENT' || exitsNotFound.includes(Number(failure))) {
    throw new UserError(`${step.packages.split(' ').at(0)} is missing. Debian: apt-get install ${step.packages}`);
  }
  if (failure === exitLocked)
    throw new UserError(`${port} is in use: stop the agent first (systemctl stop vonggac), or end the other program`);
  throw new UserError(`${step.command === 'make' ? 'the program could not be compiled' : 'avrdude failed'} (${failure}): ${step.hint}`);
}
