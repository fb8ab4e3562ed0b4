// The evaluation of a pair counts what the library's own functions count.
import { loadModel } from '@maria/checkpoints';
import { logLikelihoods, score } from '@maria/core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { evaluatePair } from './evaluate-pair.js';

type Model = Awaited<ReturnType<typeof loadModel>>;
let model: Model;
let windows: Int32Array[];
beforeAll(async () => {
  model = await loadModel();
  const texts = ['Once upon a time there was a king who had a dog.', 'The girl went home.'];
  windows = await Promise.all(texts.map((text) => model.vocabulary.encode(text)));
});
afterAll(() => model.dispose());

it('is over all tokens at rate 1', async () => {
  const { ar, mlm, fused, tokens } = await evaluatePair(model, { windows, maskRate: 1, seed: 1 });
  const total = { ar: 0, fused: 0, tokens: 0 };
  for (const ids of windows) {
    const masked = [...ids.keys()];
    total.tokens += masked.length;
    for (const logLikelihood of await logLikelihoods(model, ids, masked, { system: 'ar' }))
      total.ar -= logLikelihood;
    total.fused -= (await score(model, { ids, masked })).logLikelihood;
  }
  expect(tokens).toBe(total.tokens);
  expect(ar).toBeCloseTo(Math.exp(total.ar / tokens), 6);
  expect(fused).toBeCloseTo(Math.exp(total.fused / tokens), 6);
  // With nothing to see, the MLM knows less than the AR model, and more than nothing.
  expect(mlm).toBeGreaterThan(ar);
  expect(mlm).toBeLessThan(model.vocabulary.size);
});

it('masks the same tokens for the same seed, about as many as the rate says', async () => {
  const text = await model.vocabulary.encode(
    'The cat sat on the mat and the dog ran to the door. '.repeat(8),
  );
  const options = { windows: [text], maskRate: 0.25, seed: 3 };
  const first = await evaluatePair(model, options);
  expect(await evaluatePair(model, options)).toEqual(first);
  expect(first.tokens).toBeGreaterThan(0.1 * text.length);
  expect(first.tokens).toBeLessThan(0.4 * text.length);
  expect((await evaluatePair(model, { ...options, seed: 4 })).fused).not.toBe(first.fused);
});
