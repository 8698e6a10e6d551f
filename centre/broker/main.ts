/** The commands `broker-config` and `broker-disconnect`: flags in, files or an ended session out, and what a person should know of it. */
import { resolve } from 'node:path';
import type { BrokerConfigFlags } from '../command/broker-config.ts';
import { UserError } from '../command/user-error.ts';
import type { BrokerAccess } from '../connection.ts';
import type { FileState } from './generated-file.ts';
import { type BrokerLayout, brokerLayoutSchema, writtenFiles } from './layout.ts';
import { endSession } from './session.ts';
import { EditedFiles, writeBrokerConfig } from './write-config.ts';

const stateWords: Record<FileState, string> = { absent: 'written', old: 'renewed', edited: 'replaced', same: 'unchanged' };

export async function brokerConfig(folder: string, flags: BrokerConfigFlags): Promise<void> {
  const layout = layoutOf(folder, flags);
  const written = await writeOrExplain(layout, flags.force ?? false);
  const lines = written.files.map(({ path, state }) => `${stateWords[state].padEnd(9)} ${path}`);
  if (written.missing.length > 0) lines.push(`to be put there: ${written.missing.join(', ')} (see ${writtenFiles.readme})`);
  process.stdout.write(`${lines.join('\n')}\n`);
  for (const name of written.exposed) process.stderr.write(`vonggac-centre: everybody may read ${name}: chmod 0640\n`);
}

function layoutOf(folder: string, flags: BrokerConfigFlags): BrokerLayout {
  const layout = brokerLayoutSchema.safeParse({
    folder: resolve(folder),
    host: flags.host,
    port: flags.port,
    bind: flags.bind,
    servicePort: flags.servicePort,
    serviceBind: flags.serviceBind,
    stateFolder: resolve(flags.state),
    logFolder: resolve(flags.log),
    user: flags.user,
  });
  if (!layout.success) {
    const issue = layout.error.issues[0];
    throw new UserError(`${issue?.path.join('.') ?? 'layout'} ${issue?.message ?? ''}`.trim());
  }
  if (layout.data.port === layout.data.servicePort) throw new UserError('boxes and services need a port each (--port, --service-port)');
  return layout.data;
}

async function writeOrExplain(layout: BrokerLayout, force: boolean) {
  try {
    return await writeBrokerConfig(layout, { force });
  } catch (error) {
    if (error instanceof EditedFiles) throw new UserError(`${error.message}; nothing was written (--force replaces them)`);
    if (error instanceof Error && 'code' in error) throw new UserError(error.message);
    throw error;
  }
}

export async function brokerDisconnect(box: string, access: BrokerAccess): Promise<void> {
  try {
    await endSession(box, access);
  } catch (error) {
    throw new UserError(`${access.url}: ${error instanceof Error ? error.message : String(error)}`);
  }
  process.stdout.write(`the session of ${box} is ended\n`);
}
