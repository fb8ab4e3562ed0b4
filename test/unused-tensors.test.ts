// What a checkpoint holds and a model does not read, such as old masks, is not looked at; what it reads has to be finite.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadModel, openSafetensors, writeSafetensors } from '@maria/checkpoints';
import { score } from '@maria/core';
import { afterAll, expect, it } from 'vitest';
import { goldenFolder } from './golden-files.js';
import { writeRandomCheckpoint } from './random-checkpoint.js';

const root = mkdtempSync(join(tmpdir(), 'maria-unused-'));
afterAll(() => rmSync(root, { recursive: true }));

/** A model of Pythia's family with another value for some elements of some tensors, which are added where it lacks them. */
async function pythia(name: string, values: Readonly<Record<string, number>>): Promise<string> {
  const folder = join(root, name);
  const sizes = {
    hidden_size: 32,
    intermediate_size: 48,
    num_hidden_layers: 1,
    num_attention_heads: 4,
    rotary_pct: 0.5,
  };
  await writeRandomCheckpoint(folder, { model_type: 'gpt_neox', vocab_size: 600, ...sizes }, 5);
  const file = join(folder, 'model.safetensors');
  const { names, get, read } = openSafetensors(file);
  const tensors = [...names()].map((tensor) => ({
    name: tensor,
    shape: [...get(tensor)!.shape],
    data: read(tensor),
  }));
  for (const [tensor, value] of Object.entries(values)) {
    const there = tensors.find((one) => one.name === tensor);
    if (there) there.data[0] = value;
    else tensors.push({ name: tensor, shape: [], data: Float32Array.of(value) });
  }
  await writeSafetensors(file, tensors);
  return folder;
}

const mlm = `${goldenFolder}models/modernbert`;

it('a mask of minus infinity that nothing reads does no harm', async () => {
  // Pythia's float16 files hold -1e9, which is -Infinity there.
  const ar = await pythia('masks', { 'gpt_neox.layers.0.attention.masked_bias': -Infinity });
  const model = await loadModel({ ar, mlm });
  expect((await score(model, { text: 'A little girl.', maskRate: 0.5, seed: 1 })).perplexity).toBeGreaterThan(
    1,
  );
  expect(await model.findNonFiniteTensor()).toBeUndefined();
  model.dispose();
});

it('a weight that is not finite is refused, and named', async () => {
  const ar = await pythia('damaged', { 'layers.0.attention.dense.bias': Number.NaN });
  await expect(loadModel({ ar, mlm })).rejects.toMatchObject({
    code: 'non-finite-weights',
    message: 'Cannot use the AR model: tensor "layers.0.attention.dense.bias" holds NaN at element 0.',
  });
});
