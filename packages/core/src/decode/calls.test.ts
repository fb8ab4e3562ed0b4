// Calls of the library that cannot go well: options of other types, two at once, an abort.
import { expect, test } from 'vitest';
import { anneal } from '../anneal/anneal.js';
import { letterModel, maskId } from '../anneal/letter-model.test.support.js';
import { InterruptedError, MariaError } from '../errors.js';
import { infill } from './infill.js';
import { score } from './score.js';

const ids = [0, maskId, 2];

/** A caller from JavaScript: no types. */
function fillLoosely(input: unknown, options: object = {}) {
  return infill(letterModel(), input as string, options).next();
}

test.each([
  [{ temperature: '1' }, 'Cannot infill: temperature is "1", it must be a number of at least 0.'],
  [{ temperature: null }, 'Cannot infill: temperature is null, it must be a number of at least 0.'],
  [{ temperature: NaN }, 'Cannot infill: temperature is NaN, it must be a number of at least 0.'],
  [{ topP: '0.5' }, 'Cannot infill: topP is "0.5", it must be above 0 and at most 1.'],
  [{ samples: '2' }, 'Cannot infill: samples is "2", it must be a whole number of at least 1.'],
  [{ seed: 1n }, 'Cannot infill: seed is 1, it must be a whole number from 0 to 4294967295.'],
  [{ lineBreaks: 'no' }, 'Cannot infill: lineBreaks is "no", it must be true or false.'],
  [{ signal: {} }, 'Cannot infill: signal is an object, it must be an AbortSignal.'],
])('infill refuses %o', async (options, message) => {
  const error = await fillLoosely(ids, options).catch((error: unknown) => error);
  expect(error).toBeInstanceOf(MariaError);
  expect(error).toMatchObject({ message, code: 'option-out-of-range' });
});

test.each([undefined, null, 5, {}])('infill refuses %o as its input, and score too', async (input) => {
  await expect(fillLoosely(input)).rejects.toMatchObject({ code: 'option-out-of-range' });
  await expect(score(letterModel(), input as never)).rejects.toMatchObject({ code: 'option-out-of-range' });
});

test('score and anneal refuse numbers that are strings', async () => {
  const rate = { text: 'abc', maskRate: '0.5' } as never;
  await expect(score(letterModel(), rate)).rejects.toMatchObject({ code: 'option-out-of-range' });
  const run = anneal(letterModel(), { length: 4, spanLength: '2' } as never);
  await expect(run.next()).rejects.toMatchObject({ code: 'option-out-of-range' });
});

test('a second call on a model whose lane is taken goes on once the first has ended', async () => {
  const model = letterModel();
  const first = infill(model, ids);
  for (let i = 0; i < 2; i++) await first.next();
  let isScored = false;
  const second = score(model, { ids: [0, 1, 2], masked: [1] }).then(() => {
    isScored = true;
  });
  await new Promise(setImmediate);
  expect(isScored).toBe(false);
  await first.return(undefined as never);
  await second;
  expect(isScored).toBe(true);
});

test('an abort is an AbortError, as that of fetch', async () => {
  const options = { signal: AbortSignal.abort() };
  const calls = [
    async () => {
      for await (const _ of infill(letterModel(), ids, options));
    },
    () => score(letterModel(), { ids: [0, 1, 2], masked: [1] }, options),
  ];
  for (const call of calls) {
    const error = await call().catch((error: unknown) => error);
    expect(error).toBeInstanceOf(InterruptedError);
    expect(error).toMatchObject({ name: 'AbortError', code: 'interrupted' });
  }
});
