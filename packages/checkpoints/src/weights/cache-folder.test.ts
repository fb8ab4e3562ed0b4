// The cache folder by platform and variable, and the folder of quantised copies in it.
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { cacheFolder, quantizedFolder } from './cache-folder.js';

it.each([
  [{ MARIA_CACHE: '/m', XDG_CACHE_HOME: '/x' }, 'linux', resolve('/m')],
  [{ MARIA_CACHE: '', XDG_CACHE_HOME: '/x' }, 'darwin', resolve('/x/maria')],
  [{}, 'linux', join(homedir(), '.cache', 'maria')],
  [{}, 'darwin', join(homedir(), 'Library', 'Caches', 'maria')],
  [{ LOCALAPPDATA: join('C:', 'local') }, 'win32', join('C:', 'local', 'maria', 'Cache')],
] as const)('with %j on %s is %s', (env, platform, folder) => {
  expect(cacheFolder(env, platform)).toBe(folder);
});

it('has the quantised copies in a folder of their own', () => {
  expect(quantizedFolder({ MARIA_CACHE: '/m' })).toBe(resolve('/m/quantized'));
});
