// The folder in which servers listen for commands of the same user, and for nobody else.
import { chmod, lstat, readdir } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { makeFolder } from '@maria/checkpoints/make-folder';
import { DataError } from '@maria/core/errors';

/** In XDG_RUNTIME_DIR, or a folder of the user's own among the temporary ones. */
export function runtimeFolder(env: NodeJS.ProcessEnv = process.env): string {
  const { XDG_RUNTIME_DIR: runtime } = env;
  return runtime ? join(runtime, 'maria') : join(tmpdir(), `maria-${userInfo().uid}`);
}

export function socketOf(folder: string, identity: string): string {
  return join(folder, `${identity}.sock`);
}

/** Makes the folder where it is not there. @throws DataError where others may write in it, or it is theirs */
export async function openRuntimeFolder(folder: string): Promise<void> {
  makeFolder(folder, 0o700);
  await requireOwnFolder(folder);
  await chmod(folder, 0o700);
}

/** @throws DataError where it is not the user's own: a server in it could be anybody's */
export async function requireOwnFolder(folder: string): Promise<void> {
  const told = await lstat(folder);
  const { uid } = userInfo();
  if (!told.isDirectory() || (uid >= 0 && (told.uid !== uid || (told.mode & 0o022) !== 0)))
    throw new DataError('runtime-folder', `Cannot use ${folder}: others may write in it.`);
}

/** Sockets in it, also those that nobody listens on any more. */
export async function socketsIn(folder: string): Promise<readonly string[]> {
  const files = await readdir(folder).catch(() => []);
  return files.filter((file) => file.endsWith('.sock')).map((file) => join(folder, file));
}
