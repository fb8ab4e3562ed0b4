// packedAttention: each sequence attends as it does alone, with its corner of the bias; what it refuses.
import { describe, expect, it } from 'vitest';
import { evaluate } from '../tensor/evaluate.js';
import { input } from '../tensor/leaves.js';
import { trace } from '../tensor/program.js';
import { ShapeError } from '../tensor/shape.js';
import { float32, int32, type Value } from '../tensor/values.js';
import { attention } from './attention.js';
import { packedAttention } from './packed-attention.js';

const width = 4;
const lengths = [3, 1, 5];
const time = 9;

const values = (shape: readonly number[], seed: number): Value =>
  float32(
    Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(12.9898 * (i + 1) + seed)),
    shape,
  );
const [q, k, v] = [1, 2, 3].map((seed) => values([1, time, width], seed)) as [Value, Value, Value];
const bias = values([1, 1, 5, 5], 4);

const rows = (name: string) => input(name, [1, 'time', width]);
const packed = (hasBias: boolean, scale?: number) =>
  packedAttention(rows('q'), rows('k'), rows('v'), input('lengths', ['sequences'], 'int32'), {
    heads: 2,
    ...(scale !== undefined && { scale }),
    ...(hasBias && { bias: input('bias', [1, 1, 'longest', 'longest']) }),
  });
const run = (of: ReturnType<typeof packed>, given: readonly number[] = lengths) =>
  evaluate(trace({ of }), { q, k, v, bias, lengths: int32([...given]) }).of!;

describe.each([false, true])('with a bias: %s', (hasBias) => {
  it.each([undefined, 0.3])('is attention within each sequence, scale %s', (scale) => {
    let first = 0;
    const expected = lengths.flatMap((length) => {
      const part = ({ data }: Value) =>
        float32([...data.subarray(first * width, (first + length) * width)], [1, length, width]);
      const own = { q: part(q), k: part(k), v: part(v) };
      const corner = Array.from({ length }, (_, i) => [...bias.data.subarray(5 * i, 5 * i + length)]);
      const of = attention(rows('q'), rows('k'), rows('v'), {
        heads: 2,
        ...(scale !== undefined && { scale }),
        ...(hasBias && { bias: input('bias', [1, 1, 'time', 'time']) }),
      });
      first += length;
      const inputs = { ...own, bias: float32(corner.flat(), [1, 1, length, length]) };
      return [...evaluate(trace({ of }), inputs).of!.data];
    });
    const { shape, data } = run(packed(hasBias, scale));
    expect(shape).toEqual([1, time, width]);
    expect([...data]).toEqual(expected);
  });
});

it.each([[[3, 5]], [[3, 1, 6]], [[]]])('refuses lengths %j of 9 rows', (given) => {
  expect(() => run(packed(false), given)).toThrow('packedAttention: the sequences have');
});

it('refuses shapes that do not fit', () => {
  const sequences = input('lengths', ['sequences'], 'int32');
  const [x, two] = [rows('x'), input('two', [2, 'time', width])];
  expect(() => packedAttention(two, two, two, sequences, { heads: 2 })).toThrow(ShapeError);
  expect(() => packedAttention(x, x, x, input('lengths', ['n']), { heads: 2 })).toThrow(
    'packedAttention needs lengths int32 [sequences], got float32 [n]',
  );
  for (const shape of [
    [1, 1, 'a', 'b'],
    [1, 2, 'a', 'a'],
    ['a', 'a'],
  ] as const)
    expect(() => packedAttention(x, x, x, sequences, { heads: 2, bias: input('bias', shape) })).toThrow(
      'packedAttention needs a bias [1, 1, longest, longest]',
    );
});
