/** Faults of the disk and of compiled sets -> a `UserError` of one line; what is a fault of our own passes unchanged. */
import { IntelError } from '../../../firmware/sensor/intel/intel-error.ts';
import { UserError } from '../../command/user-error.ts';

const words: Readonly<Record<string, string>> = {
  ENOSPC: 'there is no space left on the disk',
  EACCES: 'this user may not read or write it',
  EPERM: 'this user may not read or write it',
  EROFS: 'the file system is read-only',
};

function faultForUser(error: unknown): unknown {
  if (error instanceof IntelError) return new UserError(error.message, { cause: error });
  if (!(error instanceof Error) || !('syscall' in error) || !('code' in error) || typeof error.code !== 'string') return error;
  const path = 'path' in error && typeof error.path === 'string' ? `${error.path}: ` : '';
  return new UserError(`${path}${words[error.code] ?? error.message}`, { cause: error });
}

/** Does the work, and says what went wrong with the disk in one line. */
export async function withFaultsForUser<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw faultForUser(error);
  }
}
