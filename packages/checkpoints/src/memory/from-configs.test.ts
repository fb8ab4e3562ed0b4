// What follows from two configs is what is estimated when the models themselves are opened.
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { estimatedDenoiser } from '../denoiser/load-denoiser.js';
import { openDenoiser } from '../denoiser/open-denoiser.js';
import { openBackbones } from '../pair/open-backbones.js';
import { tracePair } from '../pair/trace-pair.js';
import { quantizations } from '../quantize/scheme.js';
import { openCheckpoint } from '../weights/checkpoint.js';
import { estimatedPair, estimateMemory } from './estimate.js';
import { denoiserFacts, pairFacts } from './from-configs.js';

const goldens = fileURLToPath(new URL('../../../../test/goldens-families/models/', import.meta.url));

it.each([
  ['modernbert_decoder', 'modernbert'],
  ['llama', 'eurobert'],
  ['gemma2', 'modernbert_gemma'],
])('%s and %s', async (arName, mlmName) => {
  const folders = [goldens + arName, goldens + mlmName] as const;
  const [ar, mlm] = folders.map((folder) => openCheckpoint(folder));
  const { memory, parameters, cacheTokens } = await pairFacts(ar!.config, mlm!.config);
  const opened = estimatedPair(tracePair(await openBackbones(...folders, {}), { capacity: cacheTokens }));
  for (const scheme of quantizations) expect(memory[scheme]).toBe(estimateMemory(opened, scheme).total);
  const stored = (entries: ReadonlyMap<string, { elements: number }>) =>
    [...entries.values()].reduce((sum, { elements }) => sum + elements, 0);
  expect(parameters).toEqual({ ar: stored(ar!.weights.entries), mlm: stored(mlm!.weights.entries) });
});

const diffusion = fileURLToPath(new URL('../../../../test/goldens-diffusion/models/', import.meta.url));

it.each(['llada', 'dream', 'mdlm', 'sedd'])('a denoiser: %s', async (name) => {
  const tokenizer = `${goldens}../../goldens/tokenizer_ar`;
  const opened = await openDenoiser(diffusion + name, { tokenizer });
  const { memory } = denoiserFacts(opened.checkpoint.config);
  for (const scheme of quantizations) {
    const { total, mapped } = estimateMemory(estimatedDenoiser(opened), scheme);
    // Not every config says how its tables are stored.
    expect(memory[scheme] - total).toBeGreaterThanOrEqual(0);
    expect(memory[scheme] - total).toBeLessThanOrEqual(mapped);
  }
});

it('refuses a config of the other kind', async () => {
  const { config } = openCheckpoint(`${goldens}eurobert`);
  await expect(pairFacts(config, config)).rejects.toThrow('eurobert is not causal');
});
