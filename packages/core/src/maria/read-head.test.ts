// Heads as arrays give the logits of the same heads as programs.
import { expect, it } from 'vitest';
import { randomKey } from '../random.js';
import { referenceBackend, weightsInMemory } from '../tensor/evaluate.js';
import type { Matrix } from '../tensor/values.js';
import { createHead, type HeadParts } from './head.js';
import { readHead } from './read-head.js';

const numbers = (shape: readonly [number, number] | readonly [number], seed: number) => {
  const key = randomKey(seed);
  const data = Float32Array.from({ length: shape[0] * (shape[1] ?? 1) }, (_, i) => key.normal(0, i));
  return { shape, data };
};
const source = weightsInMemory({
  narrow: numbers([9, 3], 1),
  wide: numbers([9, 5], 2),
  bias: numbers([9], 3),
});

const parts: Record<string, HeadParts> = {
  'a product of experts': {
    vocabularySize: 7,
    ar: { source, weight: 'narrow', hiddenSize: 3, scale: 0.5 },
    mlm: { source, weight: 'wide', hiddenSize: 5, bias: 'bias', scale: 0.5 },
  },
  'halves of one matrix': {
    vocabularySize: 9,
    ar: { source, weight: 'wide', hiddenSize: 2 },
    mlm: { source, weight: 'wide', hiddenSize: 3, firstColumn: 2, bias: 'bias' },
  },
  'rows in another order, one of them absent': {
    vocabularySize: 4,
    ar: {
      source,
      weight: 'narrow',
      hiddenSize: 3,
      bias: 'bias',
      scale: 0.5,
      rows: Int32Array.of(8, -1, 0, 3),
    },
    mlm: { source, weight: 'wide', hiddenSize: 5 },
  },
};

it.each(Object.entries(parts))('%s', async (_, head) => {
  const arrays = readHead(head);
  const program = await createHead(referenceBackend(), head);
  const hidden = (columns: number, seed: number): Matrix => ({
    rows: 1,
    columns,
    ...numbers([1, columns], seed),
  });
  const [ar, mlm] = [hidden(head.ar.hiddenSize, 5), hidden(head.mlm.hiddenSize, 6)];
  const [arLogits, mlmLogits] = [await program.arLogits(ar), await program.mlmLogits(mlm)];
  const dot = (matrix: Float32Array, { columns, data }: Matrix, id: number) =>
    data.reduce((sum, x, i) => sum + x * matrix[id * columns + i]!, 0);
  for (let id = 0; id < head.vocabularySize; id++) {
    const logit = dot(arrays.ar, ar, id) + dot(arrays.mlm, mlm, id) + arrays.bias[id]!;
    expect(logit).toBeCloseTo(arLogits.data[id]! + mlmLogits.data[id]!, 3);
  }
});
