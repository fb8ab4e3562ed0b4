// packedAttention: each sequence attends as it does alone, to what is near where it has a window; what it refuses.
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

const rows = (name: string) => input(name, [1, 'time', width]);
const packed = (halfWindow?: number, scale?: number) =>
  packedAttention(rows('q'), rows('k'), rows('v'), input('lengths', ['sequences'], 'int32'), {
    heads: 2,
    ...(scale !== undefined && { scale }),
    halfWindow,
  });
const run = (of: ReturnType<typeof packed>, given: readonly number[] = lengths) =>
  evaluate(trace({ of }), { q, k, v, lengths: int32([...given]) }).of!;

describe.each([undefined, 0, 1, 3, 9])('with %s positions on either side', (halfWindow) => {
  it.each([undefined, 0.3])('is attention within each sequence, scale %s', (scale) => {
    let first = 0;
    const expected = lengths.flatMap((length) => {
      const part = ({ data }: Value) =>
        float32([...data.subarray(first * width, (first + length) * width)], [1, length, width]);
      const own = { q: part(q), k: part(k), v: part(v) };
      const far = (i: number) => Math.abs((i % length) - Math.floor(i / length)) > halfWindow!;
      const bias = Array.from({ length: length ** 2 }, (_, i) => (far(i) ? -Infinity : 0));
      const of = attention(rows('q'), rows('k'), rows('v'), {
        heads: 2,
        ...(scale !== undefined && { scale }),
        ...(halfWindow !== undefined && { bias: input('bias', [1, 1, 'time', 'time']) }),
      });
      first += length;
      const inputs = { ...own, bias: float32(bias, [1, 1, length, length]) };
      return [...evaluate(trace({ of }), inputs).of!.data];
    });
    const { shape, data } = run(packed(halfWindow, scale));
    expect(shape).toEqual([1, time, width]);
    expect([...data]).toEqual(expected);
  });
});

it.each([[[3, 5]], [[3, 1, 6]], [[]]])('refuses lengths %j of 9 rows', (given) => {
  expect(() => run(packed(), given)).toThrow('packedAttention: the sequences have');
});

it('refuses shapes that do not fit', () => {
  const sequences = input('lengths', ['sequences'], 'int32');
  const [x, two] = [rows('x'), input('two', [2, 'time', width])];
  expect(() => packedAttention(two, two, two, sequences, { heads: 2 })).toThrow(ShapeError);
  expect(() => packedAttention(x, x, x, input('lengths', ['n']), { heads: 2 })).toThrow(
    'packedAttention needs lengths int32 [sequences], got float32 [n]',
  );
});
