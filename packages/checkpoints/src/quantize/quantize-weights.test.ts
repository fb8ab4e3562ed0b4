// The weights of a model, of views of a checkpoint, and of heads that are halves of one matrix, from quantised copies.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  compileReference,
  float32,
  headHalf,
  isQuantized,
  parameterShapes,
  randomKey,
  readArchitecture,
  tracePart,
} from '@maria/core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { prefixedWeights } from '../published/prefixed-weights.js';
import { openSafetensors } from '../weights/safetensors.js';
import type { StoredTensors } from '../weights/stored-tensors.js';
import { writeSafetensors } from '../weights/write-safetensors.js';
import { quantizeWeights } from './quantize-weights.js';

const root = mkdtempSync(join(tmpdir(), 'maria-quantize-'));
afterAll(() => rmSync(root, { recursive: true }));

const architecture = readArchitecture(
  {
    model_type: 'olmo',
    vocab_size: 40,
    hidden_size: 64,
    intermediate_size: 96,
    num_hidden_layers: 1,
    num_attention_heads: 2,
    max_position_embeddings: 16,
    tie_word_embeddings: true,
  },
  'config.json',
);
const V = 40;
let source: StoredTensors;
beforeAll(async () => {
  const normal = (stream: number, length: number) => {
    const key = randomKey(7, stream);
    return Float32Array.from({ length }, (_, i) => key.normal(i, 0));
  };
  const tensors = [...parameterShapes(architecture)].map(([name, shape], i) => ({
    name: `ar.${name}`,
    shape,
    data: normal(
      i,
      shape.reduce((a, b) => a * b, 1),
    ),
  }));
  const file = join(root, 'published', 'model.safetensors');
  mkdirSync(join(root, 'published'));
  // The second half is no multiple of a block.
  await writeSafetensors(file, [
    ...tensors,
    { name: 'head', shape: [V, 64 + 40], data: normal(100, V * 104) },
    { name: 'bias', shape: [V], data: normal(101, V) },
  ]);
  source = openSafetensors(file);
});

it.each([
  ['int8', 127],
  ['int4', 7],
] as const)(
  'in %s gives a view of the checkpoint, and halves of a joint head, the same values but for rounding',
  async (scheme, steps) => {
    const view = prefixedWeights(source, 'ar.');
    const halves = {
      ar: { source, weight: 'head', hiddenSize: 64 },
      mlm: { source, weight: 'head', bias: 'bias', firstColumn: 64, hiddenSize: 40 },
    };
    const quantized = await quantizeWeights(
      {
        sources: new Map([['the model', source]]),
        parts: [tracePart(architecture, view)],
        matrices: [halves.ar, halves.mlm],
      },
      scheme,
      { cache: join(root, 'cache') },
    );
    const weights = quantized.weights(view);
    const name = 'layers.0.mlp.up_proj.weight';
    expect(weights.get(name)).toMatchObject({ name, dtype: scheme, axis: 1, shape: [96, 64] });
    expect(weights.get('nowhere')).toBeUndefined();
    const [original, read] = [view.read(name), weights.read(name)];
    expect(original.length).toBe(96 * 64);
    original.forEach((value, i) => {
      expect(Math.abs(value - read[i]!)).toBeLessThan(5 / steps);
    });

    for (const [role, half] of Object.entries(halves)) {
      const other = quantized.matrix(half);
      expect(isQuantized(other.source.get(other.weight)!)).toBe(role === 'ar' || scheme === 'int8');
      const hidden = float32(
        Float32Array.from({ length: half.hiddenSize }, (_, i) => Math.cos(i)),
        [1, half.hiddenSize],
      );
      const run = (matrix: typeof other) =>
        compileReference(headHalf(V, matrix), matrix.source).runSync({ hidden }).logits!.data;
      const [exact, rounded] = [run(half), run(other)];
      exact.forEach((value, i) => {
        expect(Math.abs(value - rounded[i]!), `${role} logit ${i}`).toBeLessThan(25 / steps);
      });
    }
    quantized.release();
    quantized.release();
  },
);
