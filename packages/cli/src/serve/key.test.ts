// Where the key of a server comes from.
import { expect, test } from 'vitest';
import { readKey } from './key.js';

test('a file that is not there is an error of data, and an empty variable no key', async () => {
  await expect(readKey('/no/such/key')).rejects.toMatchObject({
    exitStatus: 3,
    message: 'Cannot read the key in /no/such/key: there is no such file or folder.',
    try: 'Check the path, and who may read it.',
  });
  expect(await readKey(undefined, { MARIA_API_KEY: ' ' })).toBeUndefined();
  expect(await readKey(undefined, { MARIA_API_KEY: 'secret\n' })).toBe('secret');
  await expect(readKey(undefined, { MARIA_API_KEY: 'a b' })).rejects.toMatchObject({ code: 'bad-key' });
});
