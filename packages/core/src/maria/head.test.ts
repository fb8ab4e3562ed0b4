// The head with its rows in another order: each id keeps its logit, and training starts from the same values.
import { describe, expect, it } from 'vitest';
import { evaluate, weightsInMemory } from '../tensor/evaluate.js';
import { float32 } from '../tensor/values.js';
import { headHalf } from './head.js';
import { productOfExperts } from './initialize.js';

// Three stored rows of width 2, with a bias.
const source = weightsInMemory({
  w: { shape: [3, 2], data: Float32Array.of(1, 2, 3, 4, 5, 6) },
  b: { shape: [3], data: Float32Array.of(10, 20, 30) },
});
const rows = Int32Array.of(2, -1, 0, 2);
const half = { source, weight: 'w', bias: 'b', hiddenSize: 2, scale: 0.5, rows };

function logitsOf(vocabularySize: number) {
  const { logits } = evaluate(
    headHalf(vocabularySize, half),
    { hidden: float32([1, 0, 1, 1], [2, 2]) },
    source,
  );
  return { shape: logits!.shape, data: [...logits!.data] };
}

describe('a half of the head with rows in another order', () => {
  it('gives each id the logit of its row, and nearly no chance where there is none', () => {
    expect(logitsOf(4)).toEqual({ shape: [2, 4], data: [17.5, -1e4, 5.5, 17.5, 20.5, -1e4, 6.5, 20.5] });
    expect(logitsOf(2)).toEqual({ shape: [2, 2], data: [17.5, -1e4, 20.5, -1e4] });
  });

  it('starts a trained head from the same values', () => {
    const expert = { source, weight: 'w', bias: 'b', hiddenSize: 2 };
    const poe = productOfExperts({ ...expert, rows }, { ...expert, rows: Int32Array.of(0, 1, 2, 0) }, 4);
    expect([...poe.ar]).toEqual([2.5, 3, 0, 0, 0.5, 1, 2.5, 3]);
    expect([...poe.mlm]).toEqual([0.5, 1, 1.5, 2, 2.5, 3, 0.5, 1]);
    expect([...poe.bias]).toEqual([20, 10 - 1e4, 20, 20]);
  });
});
