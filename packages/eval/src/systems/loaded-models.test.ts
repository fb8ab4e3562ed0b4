// Models of a run: one in memory at a time, loaded once for systems that follow each other.
import type { DenoiserModel, NamedModels } from '@maria/checkpoints';
import type { MariaModel } from '@maria/core';
import { expect, test } from 'vitest';
import { LoadedModels } from './loaded-models.js';

test('a model stays until another is asked for, and is released then', async () => {
  const log: string[] = [];
  const models = new LoadedModels({
    own: { model: 'own' },
    held: {},
    pairOptions: {},
    load: async (names: NamedModels) => {
      const name = names.model ?? `${names.ar} and ${names.mlm}`;
      log.push(`+ ${name}`);
      return { dispose: () => log.push(`- ${name}`) } as unknown as MariaModel;
    },
    loadDenoiser: async ({ denoiser }) => {
      log.push(`+ denoiser ${denoiser}`);
      return { dispose: () => log.push(`- denoiser ${denoiser}`) } as unknown as DenoiserModel;
    },
  });
  const own = await models.load(undefined);
  expect(await models.load(undefined)).toBe(own);
  await models.load('a+b');
  const denoiser = await models.loadDenoiser({ denoiser: 'own' });
  expect(await models.loadDenoiser({ denoiser: 'own' })).toBe(denoiser);
  models.dispose();
  models.dispose();
  expect(log).toEqual(['+ own', '- own', '+ a and b', '- a and b', '+ denoiser own', '- denoiser own']);
});
