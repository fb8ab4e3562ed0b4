// Attention and rotary embedding: head sizes of any kind, GQA, causal, and every form of bias.
import { float32, input, ops, type Shape } from '@maria/core';
import { describe, it } from 'vitest';
import { expectAsReference, normals, ortBackends, randomInputs } from '../lowered.test.support.js';

interface Heads {
  heads: number;
  kvHeads: number;
  headSize: number;
}

function queriesAndKeys({ heads, kvHeads, headSize }: Heads, keyTime = 'time') {
  return [
    input('q', ['batch', 'time', heads * headSize]),
    input('k', ['batch', keyTime, kvHeads * headSize]),
    input('v', ['batch', keyTime, kvHeads * headSize]),
  ] as const;
}

const sizes: Heads[] = [
  { heads: 4, kvHeads: 4, headSize: 8 },
  { heads: 1, kvHeads: 1, headSize: 2 },
  { heads: 4, kvHeads: 2, headSize: 6 },
  { heads: 6, kvHeads: 6, headSize: 12 },
  { heads: 6, kvHeads: 1, headSize: 20 },
  { heads: 2, kvHeads: 2, headSize: 7 },
];

describe('attention', () => {
  const lengths = [
    { batch: 1, time: 5, keys: 9 },
    { batch: 2, time: 1, keys: 3 },
    { batch: 3, time: 7, keys: 2 },
  ];

  it.each(sizes)('$heads heads, $kvHeads of keys, of size $headSize', async (size) => {
    for (const causal of [false, true]) {
      const y = ops.attention(...queriesAndKeys(size), { ...size, causal });
      await expectAsReference(
        y,
        lengths.map((bindings) => randomInputs(y, bindings)),
      );
    }
    const y = ops.attention(...queriesAndKeys(size, 'keys'), { ...size, scale: 0.3 });
    await expectAsReference(
      y,
      lengths.map((bindings) => randomInputs(y, bindings)),
    );
  });

  const biases: Shape[] = [
    ['batch', 4, 'time', 'keys'],
    [1, 4, 'time', 'keys'],
    ['batch', 1, 'time', 'keys'],
    ['batch', 1, 1, 'keys'],
    [4, 'time', 'keys'],
    ['time', 'keys'],
    ['time', 1],
    ['keys'],
    [],
  ];

  it.each(biases.map((shape) => ({ shape })))('with a bias of shape $shape', async ({ shape }) => {
    for (const size of [sizes[0]!, sizes[2]!]) {
      const y = ops.attention(...queriesAndKeys(size, 'keys'), { ...size, bias: input('bias', shape) });
      await expectAsReference(
        y,
        lengths.map((bindings) => randomInputs(y, bindings)),
      );
    }
  });

  it('with a bias that hides keys, by -Infinity and by a large number, causal and not', async () => {
    const size = sizes[2]!;
    for (const causal of [false, true])
      for (const hidden of [-Infinity, -1e9]) {
        const y = ops.attention(...queriesAndKeys(size), {
          ...size,
          causal,
          bias: input('bias', ['time', 'time']),
        });
        const inputs = randomInputs(y, { batch: 2, time: 6 });
        // A band around the diagonal, so that every row keeps a key.
        const data = Float32Array.from({ length: 36 }, (_, i) =>
          Math.abs(Math.floor(i / 6) - (i % 6)) > 1 ? hidden : 0,
        );
        await expectAsReference(y, [{ ...inputs, bias: float32(data, [6, 6]) }]);
      }
  });

  it('of 700 tokens, where the kernels work in blocks', async () => {
    for (const size of [sizes[3]!, sizes[4]!])
      for (const causal of [false, true]) {
        const y = ops.attention(...queriesAndKeys(size), { ...size, causal });
        await expectAsReference(y, [randomInputs(y, { batch: 1, time: 700 })], { backends: ortBackends });
      }
  });
});

describe('rotary', () => {
  it.each([
    { heads: 4, headSize: 8, rotarySize: 8 },
    { heads: 1, headSize: 6, rotarySize: 6 },
    { heads: 3, headSize: 10, rotarySize: 4 },
    { heads: 2, headSize: 7, rotarySize: 2 },
    { heads: 3, headSize: 20, rotarySize: 20 },
    { heads: 2, headSize: 64, rotarySize: 16 },
  ])('$heads heads of size $headSize, $rotarySize of it rotated', async ({ heads, headSize, rotarySize }) => {
    const table = ['time', rotarySize / 2];
    const y = ops.rotary(
      input('x', ['batch', 'time', heads * headSize]),
      input('cos', table),
      input('sin', table),
      { heads },
    );
    await expectAsReference(y, [
      randomInputs(y, { batch: 2, time: 5 }),
      { ...randomInputs(y, { batch: 1, time: 1 }), cos: normals([1, rotarySize / 2], 9) },
    ]);
  });
});
