// Compared predictions: divergence, perplexities, equal choices, large logits, and nothing to compare.
import { describe, expect, it } from 'vitest';
import { compareEach, type Prediction, summarizeComparisons } from './compare-logits.js';

async function* predictions(...rows: [number[], number][]): AsyncGenerator<Prediction> {
  for (const [logits, target] of rows) yield { logits: Float32Array.from(logits), target };
}

type Predictions = AsyncIterable<Prediction>;
const compareLogits = (p: Predictions, q: Predictions) => summarizeComparisons(compareEach(p, q));

describe('compared logits', () => {
  it('is the divergence, the perplexities and the share of equal choices', async () => {
    // p = (1/2, 1/2) and (3/4, 1/4); q = (1/4, 3/4) and p again, its logits shifted.
    const p = predictions([[0, 0], 0], [[Math.log(3), 0], 0]);
    const q = predictions([[0, Math.log(3)], 0], [[Math.log(3) + 5, 5], 0]);
    const result = await compareLogits(p, q);
    expect(result.tokens).toBe(2);
    const kl = 0.5 * Math.log(2) + 0.5 * Math.log(2 / 3);
    expect(result.maxKl).toBeCloseTo(kl, 6);
    expect(result.meanKl).toBeCloseTo(kl / 2, 6);
    expect(result.perplexity.float32).toBeCloseTo(1 / Math.sqrt(0.5 * 0.75), 6);
    expect(result.perplexity.quantized).toBeCloseTo(1 / Math.sqrt(0.25 * 0.75), 6);
    expect(result.sameTop).toBe(0.5);
  });

  it('bears large logits', async () => {
    const rows: [number[], number] = [[1e4, -1e4, 0], 0];
    expect(await compareLogits(predictions(rows), predictions(rows))).toMatchObject({ maxKl: 0, sameTop: 1 });
  });

  it('refuses to compare nothing', async () => {
    await expect(compareLogits(predictions(), predictions())).rejects.toThrow('no predictions');
  });
});
