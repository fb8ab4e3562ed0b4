// The key that requests need, from a file or from the environment: never from the command line, which others can read.
import { readFile } from 'node:fs/promises';
import { DataError, UsageError } from '@maria/core/errors';

/** @throws MariaError for a file that cannot be read, and for a key that no header can hold */
export async function readKey(
  file: string | undefined,
  env: NodeJS.ProcessEnv = process.env,
): Promise<string | undefined> {
  const from = file ?? 'MARIA_API_KEY';
  const key = (file === undefined ? env.MARIA_API_KEY : await textOf(file))?.trim();
  if (key === undefined || (key === '' && file === undefined)) return undefined;
  if (!/^[\x21-\x7e]{1,512}$/.test(key))
    throw new UsageError('bad-key', `Cannot use the key of ${from}: it is empty, or holds what no key may.`, {
      try: 'Use letters, digits and signs of ASCII without spaces, such as `openssl rand -hex 32` writes.',
    });
  return key;
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const { fileFact } = await import('@maria/checkpoints');
    throw new DataError('unreadable-file', `Cannot read the key in ${file}: ${fileFact(error)}.`, {
      try: 'Check the path, and who may read it.',
      cause: error,
    });
  }
}
