// int8 products: to the bit what the reference gives, on ONNX Runtime whatever rows are computed together.
import {
  type Backend,
  channelsInMemory,
  dequantizeChannels,
  evaluate,
  float32,
  type Int8Limit,
  input,
  ops,
  quantizeChannel,
  type Tensor,
  trace,
  type Value,
  type WeightSource,
  weight,
  weightsInMemory,
} from '@maria/core';
import { describe, expect, it } from 'vitest';
import { openedBackends } from '../../opened-backends.test.support.js';
import { ortBackend } from '../../ort/ort-backend.js';
import { int8Limit } from '../../run/int8-limit.js';
import { lower } from '../lower.js';
import { expectAsReference, normals, ortBackends } from '../lowered.test.support.js';

/** A random matrix of int8, some of its outputs large and one all zeros, and a bias. */
function source(shape: readonly [number, number], axis: 0 | 1, limit: Int8Limit): WeightSource {
  const [outputs, inputs] = [shape[1 - axis]!, shape[axis]];
  const integers = new Int8Array(inputs * outputs);
  const scales = new Float32Array(outputs);
  for (let output = 0; output < outputs; output++) {
    const size = output === 1 ? 0 : 10 ** ((output % 5) - 2);
    const values = (normals([inputs], output).data as Float32Array).map((value) => value * size);
    const column = new Int8Array(inputs);
    scales[output] = quantizeChannel(values, limit, column, 0);
    column.forEach((integer, i) => {
      integers[i * outputs + output] = integer;
    });
  }
  const tensor = channelsInMemory({ name: 'w', shape, axis }, integers, scales);
  const seen = dequantizeChannels({ integers, scales }, axis);
  const plain = weightsInMemory({
    b: { shape: [outputs], data: normals([outputs], 9).data as Float32Array },
  });
  return {
    names: () => ['w', 'b'],
    get: (name) => (name === 'w' ? tensor : plain.get(name)),
    read: (name, length) => (name === 'w' ? seen.subarray(0, length) : plain.read(name, length)),
  };
}

const limit = Math.min(...(await Promise.all(ortBackends.map(int8Limit)))) as Int8Limit;
const others: readonly Backend[] = openedBackends
  .map(([, backend]) => backend)
  .filter((backend) => !ortBackends.includes(backend));

/** As the reference: exactly on ONNX Runtime, and but for float32's rounding where integers are held as floats. */
async function expectInt8(
  outputs: Tensor | Record<string, Tensor>,
  runs: readonly Record<string, Value>[],
  weights: WeightSource,
): Promise<void> {
  await expectAsReference(outputs, runs, { weights, tolerance: 0, backends: ortBackends });
  await expectAsReference(outputs, runs, { weights, tolerance: 3e-5, backends: others });
}

/** Rows of very different sizes, one of zeros and one with a single large number. */
function rowsOf(shape: readonly number[]): Value {
  const { data } = normals(shape, 5);
  const width = shape.at(-1)!;
  return float32(
    Float32Array.from(data, (value, i) => {
      const row = Math.floor(i / width);
      if (row === 1) return 0;
      return (row === 2 && i % width === 3 ? 1000 : 1) * value * 10 ** ((row % 4) - 2);
    }),
    shape,
  );
}

describe('int8', () => {
  it.each([[[1, 'time', 96]], [['time', 96]], [[96]], [['time', 2, 96]]])(
    'linear of %j, with and without a bias',
    async (shape) => {
      const x = input('x', shape);
      const [w, b] = [weight('w', [40, 96]), weight('b', [40])];
      const runs = (shape.includes('time') ? [5, 1] : [1]).map((time) => ({
        x: rowsOf(shape.map((dim) => (dim === 'time' ? time : Number(dim)))),
      }));
      await expectInt8(
        { plain: ops.linear(x, w), biased: ops.linear(x, w, b) },
        runs,
        source([40, 96], 1, limit),
      );
    },
  );

  it('linear with the first outputs, and of sizes that fill no block', async () => {
    const product = ops.linear(input('x', ['n', 37]), weight('w', [33, 37]), weight('b', [33]));
    await expectInt8(product, [{ x: rowsOf([5, 37]) }], source([41, 37], 1, limit));
  });

  it('matmul with a matrix stored [in, out], and with one stored [out, in]', async () => {
    const inOut = ops.matmul(input('x', [1, 'n', 64]), weight('w', [64, 24]));
    await expectInt8(inOut, [{ x: rowsOf([1, 5, 64]) }], source([64, 24], 0, limit));
    const outIn = ops.matmul(input('x', ['n', 64]), weight('w', [24, 64]), { transposeB: true });
    await expectInt8(outIn, [{ x: rowsOf([5, 64]) }], source([24, 64], 1, limit));
  });

  it('gives a row the same bits whatever rows and threads are beside it', async () => {
    const program = trace({
      y: ops.linear(input('x', ['n', 300]), weight('w', [130, 300]), weight('b', [130])),
    });
    const weights = source([130, 300], 1, limit);
    const x = rowsOf([64, 300]);
    const expected = evaluate(program, { x }, weights).y!.data;
    for (const threads of [1, 2]) {
      const executable = await ortBackend({ threads }).compile(program, weights);
      for (const rows of [1, 2, 3, 16, 64])
        for (const first of [0, 64 - rows]) {
          const data = (x.data as Float32Array).slice(first * 300, (first + rows) * 300);
          const { y } = await executable.run({ x: float32(data, [rows, 300]) });
          expect(y!.data, `${rows} rows from ${first}, ${threads} threads`).toEqual(
            expected.slice(first * 130, (first + rows) * 130),
          );
        }
      executable.dispose();
    }
  });

  it('quantises an input once for all products with it, and never unpacks a matrix', () => {
    const x = input('x', ['n', 1024]);
    const w = weight('w', [512, 1024]);
    const program = trace({ y: ops.linear(x, w), z: ops.linear(x, w) });
    const { model } = lower(program, source([512, 1024], 1, limit));
    expect(model.length).toBeLessThan(512 * 1024 * 1.1);
    expect(
      Buffer.from(model)
        .toString('latin1')
        .match(/QuantizeLinear_node/g),
    ).toHaveLength(1);
  });
});

it('keeps apart matrices of two checkpoints that have the same name there', async () => {
  const of = { a: source([5, 12], 1, limit), b: source([9, 12], 1, limit) };
  const both: WeightSource = {
    names: () => Object.keys(of),
    get: (name) => of[name as keyof typeof of].get('w'),
    read: (name, length) => of[name as keyof typeof of].read('w', length),
  };
  const x = input('x', ['rows', 12]);
  const products = { y: ops.linear(x, weight('a', [5, 12])), z: ops.linear(x, weight('b', [9, 12])) };
  await expectInt8(products, [{ x: rowsOf([4, 12]) }], both);
});
