// Where maria keeps what it makes of the user's models.
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

type Environment = Readonly<Record<string, string | undefined>>;

/** $MARIA_CACHE, else `maria` in the user's cache folder of the system: $XDG_CACHE_HOME or ~/.cache on Linux. */
export function cacheFolder(
  env: Environment = process.env,
  platform: NodeJS.Platform = process.platform,
): string {
  if (env.MARIA_CACHE) return resolve(env.MARIA_CACHE);
  if (env.XDG_CACHE_HOME) return resolve(env.XDG_CACHE_HOME, 'maria');
  if (platform === 'win32')
    return join(env.LOCALAPPDATA || join(homedir(), 'AppData', 'Local'), 'maria', 'Cache');
  if (platform === 'darwin') return join(homedir(), 'Library', 'Caches', 'maria');
  return join(homedir(), '.cache', 'maria');
}

/** The folder with a folder for each quantised copy of a model's weights. */
export function quantizedFolder(env?: Environment): string {
  return join(cacheFolder(env), 'quantized');
}

/** The folder with a file for each model whose weights were converted. */
export function convertedFolder(env?: Environment): string {
  return join(cacheFolder(env), 'converted');
}
