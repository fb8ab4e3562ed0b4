import { expect, test } from 'vitest';
import { checkLoadOptions } from './check-options.js';

test.each([
  [{ capacity: '12' }, 'capacity is "12", it must be a whole number of at least 1.'],
  [{ kvCache: 'float8' }, 'kvCache is "float8", it must be one of float32, float16, bfloat16.'],
  [{ quantize: 'int3' }, 'quantize is "int3", it must be one of none, int4, int8.'],
  [{ model: 5 }, 'model is 5, it must be a string.'],
  [{ signal: {} }, 'signal is an object, it must be an AbortSignal.'],
])('%o is refused', (options, message) => {
  expect(() => checkLoadOptions(options)).toThrow(`Cannot load the model: ${message}`);
});

test('what fits, and nothing, are taken', () => {
  checkLoadOptions({});
  checkLoadOptions({
    capacity: 12,
    kvCache: 'float16',
    quantize: 'int4',
    model: 'a',
    signal: AbortSignal.abort(),
  });
});
