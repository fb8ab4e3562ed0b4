// Generative perplexity of an AR model whose every probability is known.
import type { Matrix, Model } from '@maria/core';
import { expect, test } from 'vitest';
import { generativePerplexity } from './generative-perplexity.js';

/** p(next | last) over the tokens a, b and the start token: rows by the last token. */
const table = [
  [0.5, 0.25, 0.25],
  [0.75, 0.125, 0.125],
  [0.25, 0.5, 0.25],
];

/** An AR model of the table; `start` puts its document-start token before every text. */
function judge({ start = true, capacity = 8 } = {}): Model {
  let held: number[] = [];
  return {
    ar: {
      extend: async ([read]) => {
        const ids = [...read!.ids];
        held.push(...ids);
        return { rows: ids.length, columns: 3, data: Float32Array.from(ids.flatMap((id) => table[id]!)) };
      },
      truncate: (_, to) => {
        held = held.slice(0, to);
      },
      copy: async () => {},
      length: () => held.length,
      ids: () => Int32Array.from(held),
      lanes: 1,
      capacity,
      cacheBytes: 0,
      hiddenSize: 3,
      vocabularySize: 3,
    },
    experts: {
      // The logits are log p plus a number that the softmax must take out again.
      ar: {
        logits: async (hidden: Matrix) => ({ ...hidden, data: hidden.data.map((p) => Math.log(p) + 7) }),
      },
    },
    alignment: { arPrefix: start ? [2] : [], mlmPrefix: [], mlmSuffix: [] },
    vocabulary: {
      encode: async (text: string) => Int32Array.from([...text].map((letter) => 'ab'.indexOf(letter))),
    },
  } as Pick<Model, 'ar'> as Model;
}

test('is exp of the mean negative log-likelihood, the first token from the document start', async () => {
  // p(a | start) p(b | a) p(a | b) = 1/4 · 1/4 · 3/4
  const judged = await generativePerplexity(judge(), 'aba');
  expect(judged.tokens).toBe(3);
  expect(judged.negativeLogLikelihood).toBeCloseTo(-Math.log(3 / 64), 6);
  expect(judged.perplexity).toBeCloseTo((64 / 3) ** (1 / 3), 5);
});

test('without a document start the first token is context only', async () => {
  // p(b | a) p(a | b) = 1/4 · 3/4
  const judged = await generativePerplexity(judge({ start: false }), 'aba');
  expect(judged.tokens).toBe(2);
  expect(judged.perplexity).toBeCloseTo((16 / 3) ** 0.5, 5);
});

test('uniform predictions have the number of tokens as their perplexity', async () => {
  // p(a | a) = 1/2 each time
  expect((await generativePerplexity(judge({ start: false }), 'aaaaa')).perplexity).toBeCloseTo(2, 5);
});

test('refuses what has nothing to predict, and what is too long', async () => {
  await expect(generativePerplexity(judge(), '')).rejects.toMatchObject({
    code: 'empty-text',
    exitStatus: 2,
  });
  await expect(generativePerplexity(judge({ start: false }), 'a')).rejects.toMatchObject({
    code: 'empty-text',
  });
  expect((await generativePerplexity(judge({ capacity: 3 }), 'aaa')).tokens).toBe(3);
  await expect(generativePerplexity(judge({ capacity: 3 }), 'aaaa')).rejects.toMatchObject({
    code: 'context-too-long',
  });
});
