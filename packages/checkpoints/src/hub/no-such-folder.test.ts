// What a name that is neither a folder nor a model of the Hub is told to be.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DataError, InterruptedError, NetworkError } from '@maria/core';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../weights/raw-files.test.support.js';
import { testHub } from './hub-server.test.support.js';
import { modelInfo } from './info.js';
import { orNoSuchFolder } from './no-such-folder.js';
import { resolveModel } from './resolve.js';
import { impatient, tinyRepository } from './tiny-repository.test.support.js';

const folder = temporaryFolder();

const failed = (code: string, facts = {}) =>
  new NetworkError(code, 'Cannot pull head: the fact (HTTP 404).', { try: 'Look.', facts });

test.each([
  ['not-found', '; the Hub says: the fact (HTTP 404).'],
  ['access-denied', '; the Hub says: the fact (HTTP 404).'],
  ['unreachable', ', and the Hub cannot be asked: the fact (HTTP 404).'],
  ['offline', ', and without the network: the fact (HTTP 404).'],
])('a word is rather a folder than an id: %s', (code, rest) => {
  const error = orNoSuchFolder(failed(code), 'head');
  expect(error).toBeInstanceOf(DataError);
  expect(error).toMatchObject({
    code: 'missing-model',
    message: `Cannot find the model "head": there is no such folder${rest}`,
    facts: { model: 'head', offline: code === 'offline' },
  });
  // So is what would be in a folder that is here.
  expect(orNoSuchFolder(failed(code), `${folder}/head`)).toMatchObject({ code: 'missing-model' });
});

test('other ids stay ids, and are told to be no folder either', () => {
  const hint = ' Nor is there a folder "none/head".';
  for (const code of ['not-found', 'access-denied', 'unreachable'])
    expect(orNoSuchFolder(failed(code), 'none/head')).toMatchObject({
      code,
      exitStatus: 4,
      message: `${failed(code).message}${hint}`,
      try: 'Look.',
    });
  for (const [code, text] of [
    ['offline', 'none/head'],
    ['unreachable', 'none/head@main'],
    ['server-error', 'head'],
  ] as const) {
    const error = failed(code);
    expect(orNoSuchFolder(error, text)).toBe(error);
  }
  // The Hub knows what it has terms for.
  expect(orNoSuchFolder(failed('access-denied', { terms: 'page' }), 'head')).toMatchObject({ exitStatus: 4 });
  const stopped = new InterruptedError();
  expect(orNoSuchFolder(stopped, 'head')).toBe(stopped);
});

test('a file is no id', async () => {
  const file = join(folder, 'gpt2');
  writeFileSync(file, '');
  const message = `Cannot find the model "${file}": it is not a folder.`;
  await expect(resolveModel(file)).rejects.toMatchObject({ code: 'missing-model', message });
  await expect(modelInfo(file)).rejects.toMatchObject({ code: 'missing-model', message });
});

test('the Hub is asked for a word, which may be an id; one that breaks off was one', async () => {
  const hub = await testHub();
  hub.repositories.tiny = tinyRepository();
  const options = { endpoint: hub.endpoint, cacheFolder: folder, env: {}, patience: impatient() };
  await expect(resolveModel('none', options)).rejects.toMatchObject({ code: 'missing-model', exitStatus: 3 });
  const isLarge = (path: string) => path.endsWith('model.safetensors');
  hub.misbehave = ({ path, host }, response) => {
    if (host !== 'cdn' && !isLarge(path)) return false;
    response.destroy();
    return true;
  };
  await expect(resolveModel('tiny', options)).rejects.toMatchObject({ code: 'unreachable' });
  hub.misbehave = undefined;
  expect(await resolveModel('tiny', options)).toContain('models--tiny');
});
