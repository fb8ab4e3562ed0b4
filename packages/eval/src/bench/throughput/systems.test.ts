// The baselines read what they should: the MLM everything again, the AR model only what is to the left.
import { type MariaModel, type Matrix, row } from '@maria/core';
import { expect, test } from 'vitest';
import { ar } from './ar.js';
import { mlmAutoregressive } from './mlm-autoregressive.js';
import type { SystemRun } from './system.js';

const vocabularySize = 8;
const maskId = 7;

/** Its hidden states are one-hot; both models name the token after the one that they see, and never token 4. */
function fakeModel() {
  const read: { mlm: number[][]; ar: number[][] } = { mlm: [], ar: [] };
  const oneHot = (ids: Int32Array): Matrix => {
    const data = new Float32Array(ids.length * vocabularySize);
    ids.forEach((id, i) => {
      data[i * vocabularySize + id] = 1;
    });
    return { rows: ids.length, columns: vocabularySize, data };
  };
  const next = async (hidden: Matrix): Promise<Matrix> => {
    const data = new Float32Array(vocabularySize);
    const token = row(hidden, 0).indexOf(1);
    data[(token + 1) % vocabularySize] = 2;
    data[(token + 2) % vocabularySize] = 1;
    return { rows: 1, columns: vocabularySize, data };
  };
  let length = 0;
  const sizes = { hiddenSize: vocabularySize, vocabularySize };
  const model: MariaModel = {
    mlm: {
      ...sizes,
      maxLength: 32,
      encode: async (ids) => {
        read.mlm.push([...ids]);
        return oneHot(ids);
      },
    },
    ar: {
      ...sizes,
      capacity: 32,
      cacheBytes: 0,
      get length() {
        return length;
      },
      truncate: (to) => {
        length = to;
      },
      extend: async (ids) => {
        read.ar.push([...ids]);
        length += ids.length;
        return oneHot(ids);
      },
    },
    head: { vocabularySize, arLogits: next, mlmLogits: next },
    experts: { ar: { logits: next }, mlm: { logits: next } },
    alignment: { arPrefix: [6], mlmPrefix: [5], mlmSuffix: [6] },
    vocabulary: {
      encode: () => new Int32Array(),
      decode: () => '',
      size: vocabularySize,
      maskId,
      maskToken: '[MASK]',
      specialIds: new Set([4, 5, 6, maskId]),
    },
    findNonFiniteTensor: async () => undefined,
    interrupt: () => {},
    dispose: () => {},
  };
  return { model, read };
}

function runOn(model: MariaModel, ids: number[], enough: SystemRun['enough'] = () => false): SystemRun {
  const positions = ids.flatMap((id, i) => (id === maskId ? [i] : []));
  const sequence = { ids: Int32Array.from(ids), positions };
  return { model, sequence, enough, clock: () => 0, modelTime: () => 0, signal: undefined };
}

test('the MLM reads the whole sequence for each gap, with those before it filled', async () => {
  const { model, read } = fakeModel();
  const ids = [1, maskId, 2, maskId];
  expect(await mlmAutoregressive(runOn(model, ids))).toEqual({ filled: 2, copies: 0 });
  // It sees the mask, 7, and names 0.
  expect(read.mlm).toEqual([
    [5, 1, maskId, 2, maskId, 6],
    [5, 1, 0, 2, maskId, 6],
  ]);
  expect(read.ar).toEqual([]);
  // The sequence belongs to the caller, for the next run.
  expect(ids).toEqual([1, maskId, 2, maskId]);
});

test('the AR model reads what is to the left of a gap, its own tokens among it', async () => {
  const { model, read } = fakeModel();
  expect(await ar(runOn(model, [1, maskId, 2, 3, maskId, maskId, 1]))).toEqual({ filled: 3, copies: 0 });
  // After 3 comes 4, which is special, so 5 would be next, which is special too: all others are alike, and 0 is the first.
  expect(read.ar).toEqual([[6, 1], [2, 2, 3], [0]]);
  expect(read.mlm).toEqual([]);
});

test('both stop after a gap when it is enough', async () => {
  for (const system of [mlmAutoregressive, ar]) {
    const { model } = fakeModel();
    const outcome = await system(runOn(model, [1, maskId, maskId, maskId], (filled) => filled >= 2));
    expect(outcome.filled).toBe(2);
  }
});
