// The small denoiser of models/tiny-denoiser: it loads by its folder alone, is no copy of the embedded MLM, and fills as its card says.
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type DenoiserModel, embeddedFolder, loadDenoiser } from '@maria/checkpoints';
import { type InfillOptions, infill } from '@maria/core';
import { afterAll, beforeAll, expect, it } from 'vitest';

const folder = join(embeddedFolder(), '../tiny-denoiser');
let model: DenoiserModel;
beforeAll(async () => {
  model = await loadDenoiser({ denoiser: folder, threads: 1 });
});
afterAll(() => model.dispose());

const text = 'Once upon a time there was a little [MASK*3] who lived in the [MASK].';

async function filled(options: Omit<InfillOptions, 'system'>): Promise<string> {
  const run = infill(model, text, { system: 'diffusion', ...options });
  let step = await run.next();
  while (!step.done) step = await run.next();
  return step.value.samples[0]!.text;
}

it('fills a text, greedily and by a seed', async () => {
  expect(await filled({ temperature: 0 })).toBe(
    'Once upon a time there was a little girl named Lily who lived in the park.',
  );
  const drawn = { sampler: 'ddpm', steps: 8, temperature: 1, seed: 3 } as const;
  expect(await filled(drawn)).toBe('Once upon a time there was a little boy named he who lived in the sky.');
});

it('has the tokens of the embedded model, and weights of its own', () => {
  for (const name of ['tokenizer.json', 'tokenizer_config.json', 'config.json'])
    expect(readFileSync(join(folder, name))).toEqual(readFileSync(join(embeddedFolder(), 'mlm', name)));
  const weights = (path: string) => readFileSync(join(path, 'model.safetensors'));
  expect(weights(folder).equals(weights(join(embeddedFolder(), 'mlm')))).toBe(false);
  expect(statSync(join(folder, 'model.safetensors')).size).toBeLessThan(10e6);
});
