// Models of a run: one in memory at a time, loaded once for systems that follow each other.
import { type DenoiserModel, embeddedFolder, type NamedModels } from '@maria/checkpoints';
import type { MariaModel } from '@maria/core';
import { expect, test } from 'vitest';
import { LoadedModels } from './loaded-models.js';

const tiny = embeddedFolder();

function logging(own: NamedModels) {
  const log: string[] = [];
  const loaded = (name: string) => {
    log.push(`+ ${name}`);
    return { dispose: () => log.push(`- ${name}`) };
  };
  const models = new LoadedModels({
    own,
    held: {},
    pairOptions: {},
    load: async ({ model }) => loaded(model === undefined ? 'pair' : 'head') as unknown as MariaModel,
    loadDenoiser: async () => loaded('denoiser') as unknown as DenoiserModel,
  });
  return { models, log };
}

test('a model stays until another is asked for, and is released then', async () => {
  const { models, log } = logging({ model: tiny });
  const own = await models.load(undefined);
  expect(await models.load(undefined)).toBe(own);
  await models.load(`${tiny}/ar+${tiny}/mlm`);
  const denoiser = await models.loadDenoiser({ denoiser: `${tiny}/mlm` });
  expect(await models.loadDenoiser({ denoiser: `${tiny}/mlm` })).toBe(denoiser);
  models.dispose();
  models.dispose();
  expect(log).toEqual(['+ head', '- head', '+ pair', '- pair', '+ denoiser', '- denoiser']);
});

test('a model under two names is loaded once, so that systems of it can be open together', async () => {
  const { models, log } = logging({});
  expect(await models.loadDenoiser({ denoiser: `${tiny}/mlm` })).toBe(await models.loadDenoiser({}));
  expect(await models.load(`${tiny}/ar+${tiny}/mlm`)).not.toBe(await models.load(tiny));
  expect(await models.load(tiny)).toBe(await models.load(undefined));
  // Another mask is another denoiser.
  const one = await models.loadDenoiser({});
  expect(await models.loadDenoiser({ maskId: 7 })).not.toBe(one);
  expect(log.filter((line) => line.startsWith('+'))).toEqual([
    '+ denoiser',
    '+ pair',
    '+ head',
    '+ denoiser',
    '+ denoiser',
  ]);
});
