// The shapes are those of the published models: they have as many weights.
import { numberOfElements, UsageError } from '@maria/core';
import { expect, test } from 'vitest';
import { tensorsOf } from '../architecture-tensors.js';
import { parsePairShape } from './model-shapes.js';

const weightsOf = (shape: string) => {
  const { ar, mlm } = parsePairShape(shape);
  return [ar, mlm].map(({ architecture }) =>
    tensorsOf(architecture).reduce((total, { shape: dims }) => total + numberOfElements(dims), 0),
  );
};

test.each([
  ['olmo-1b+modernbert-large', 1_176_764_416, 395_881_664],
  ['olmo-7b+modernbert-base', 6_888_095_744, 149_655_232],
  ['gpt2+roberta-base', 124_439_808, 124_697_433],
  ['pythia-160m+modernbert-base', 162_322_944, 149_655_232],
])('%s', (shape, ar, mlm) => {
  expect(weightsOf(shape)).toEqual([ar, mlm]);
});

test.each([
  'olmo-1b',
  'olmo-1b+',
  'modernbert-large+olmo-1b',
  'olmo-1b+roberta-base+gpt2',
  'toString+roberta-base',
  '',
])('"%s" is no pair, and the error names what there is', (shape) => {
  expect(() => parsePairShape(shape)).toThrow(UsageError);
  expect(() => parsePairShape(shape)).toThrow(
    expect.objectContaining({ try: expect.stringContaining('olmo-1b, olmo-7b') }),
  );
});
