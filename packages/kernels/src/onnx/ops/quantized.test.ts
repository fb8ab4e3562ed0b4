// int4 matrices in ONNX: linear, matmul and embedding as the reference evaluates them, never unpacked.
import {
  blocksInMemory,
  dequantizeBlocks,
  float32,
  input,
  int32,
  numberOfElements,
  ops,
  randomKey,
  type Tensor,
  trace,
  type WeightSource,
  weight,
  weightsInMemory,
} from '@maria/core';
import { describe, expect, it } from 'vitest';
import { loweredProgram } from '../../ort/lowered-program.js';
import { createOrtExecutable } from '../../ort/ort-executable.js';
import { loadRuntime } from '../../ort/runtime.js';
import { sameBits } from '../../run/scattered.js';
import type { CpuKernels } from '../device-kernels.js';
import { lower } from '../lower.js';
import { expectAsReference, normals } from '../lowered.test.support.js';

/** A matrix of random integers and scales, and a vector, as a source of weights. */
function source(shape: [number, number], axis: 0 | 1): WeightSource {
  const count = numberOfElements(shape);
  const random = randomKey(3);
  const data = Uint8Array.from({ length: count / 2 }, (_, i) => 256 * random.uniform(i, 0));
  // Of either sign, as real ones are.
  const scales = Float32Array.from({ length: count / 32 }, (_, i) => ((i % 5) - 2.5) / 64);
  const values = new Float32Array(count);
  dequantizeBlocks(data, scales, values);
  const [rows, columns] = shape;
  const seen =
    axis === 1 ? values : values.map((_, i) => values[(i % columns) * rows + Math.floor(i / columns)]!);
  const quantized = blocksInMemory({ name: 'w', shape, axis }, data, scales);
  const plain = weightsInMemory({ b: { shape: [rows], data: normals([rows], 9).data as Float32Array } });
  return {
    names: () => ['w', 'b'],
    get: (name) => (name === 'w' ? quantized : plain.get(name)),
    read: (name, length) => (name === 'w' ? seen.subarray(0, length) : plain.read(name, length)),
  };
}

/** Two products, with what goes row by row between and behind them. */
function twoProducts(size: number) {
  const multiplied = (x: Tensor) => ops.linear(x, weight('w', [size, size]), weight('b', [size]));
  const x = input('x', [1, 'time', size]);
  return trace({ y: ops.add(x, multiplied(ops.silu(multiplied(x)))) });
}

/** Integers of at most 127, which they are in each block: the kernel quantises its input to such integers, so nothing is lost. */
function exact(shape: readonly number[]) {
  const random = randomKey(5);
  const length = numberOfElements(shape);
  return float32(
    Float32Array.from({ length }, (_, i) =>
      i % 32 === 7 ? 127 : Math.floor(200 * random.uniform(i, 0)) - 100,
    ),
    shape,
  );
}

// Sums of hundreds, in another order.
const tolerance = 2e-5;

describe('int4', () => {
  it('gives a row the same bits beside others, by itself and left of 128, with one thread and with two', async () => {
    const runtime = await loadRuntime();
    const rows = normals([260, 320], 4).data as Float32Array;
    const alike: Float32Array[] = [];
    for (const threads of [1, 2]) {
      // Without kernels that are known: what is right for any.
      const program = loweredProgram(twoProducts(320), source([320, 320], 1));
      const executable = await createOrtExecutable(runtime, program, { threads });
      for (const count of [260, 1, 2, 3, 128, 129, 257]) {
        const x = float32(rows.subarray(0, count * 320), [1, count, 320]);
        alike.push(((await executable.run({ x })).y!.data as Float32Array).slice());
      }
      executable.dispose();
    }
    const [all] = alike;
    for (const some of alike)
      expect(sameBits(some, all!.subarray(0, some.length)), `${some.length / 320} rows`).toBe(true);
  });

  it.each([[[1, 'time', 96]], [['time', 96]], [[96]]])(
    'linear of %j, with and without a bias',
    async (shape) => {
      const weights = source([40, 96], 1);
      const x = input('x', shape);
      const [w, b] = [weight('w', [40, 96]), weight('b', [40])];
      const concrete = (time: number) => shape.map((dim) => (dim === 'time' ? time : Number(dim)));
      const runs = shape.includes('time') ? [3, 1] : [1];
      await expectAsReference(
        { plain: ops.linear(x, w), biased: ops.linear(x, w, b) },
        runs.map((time) => ({ x: exact(concrete(time)) })),
        { weights, tolerance },
      );
    },
  );

  it('linear with the first rows', async () => {
    const weights = source([40, 64], 1);
    await expectAsReference(
      ops.linear(input('x', ['n', 64]), weight('w', [33, 64])),
      [{ x: exact([2, 64]) }],
      {
        weights,
        tolerance,
      },
    );
  });

  it('matmul with a matrix stored [in, out], and with one stored [out, in]', async () => {
    await expectAsReference(
      ops.matmul(input('x', [1, 'n', 64]), weight('w', [64, 24])),
      [{ x: exact([1, 2, 64]) }],
      { weights: source([64, 24], 0), tolerance },
    );
    await expectAsReference(
      ops.matmul(input('x', ['n', 64]), weight('w', [24, 64]), { transposeB: true }),
      [{ x: exact([2, 64]) }],
      { weights: source([24, 64], 1), tolerance },
    );
  });

  it('embedding, exactly, with a head on the same table', async () => {
    const weights = source([20, 64], 1);
    const ids = input('ids', [1, 'time'], 'int32');
    await expectAsReference(ops.embedding(ids, weight('w', [20, 64])), [{ ids: int32([0, 19, 7], [1, 3]) }], {
      weights,
      tolerance: 0,
    });
    const tied = ops.linear(ops.embedding(ids, weight('w', [20, 64])), weight('w', [20, 64]));
    await expectAsReference(tied, [{ ids: int32([3, 3, 4], [1, 3]) }], { weights, tolerance: 0.05 });
  });
});

describe('rows of int4', () => {
  const nodes = (type: string, kernels?: CpuKernels) => {
    const { model } = lower(twoProducts(64), source([64, 64], 1), 1, kernels);
    return (
      Buffer.from(model)
        .toString('latin1')
        .match(new RegExp(`${type}_node`, 'g'))?.length ?? 0
    );
  };

  it('are padded before the first product, and cut after the last', () => {
    expect([nodes('Gather'), nodes('Slice'), nodes('MatMulNBits')]).toEqual([1, 1, 2]);
  });

  it('are as they are where the kernels are exact', () => {
    const exact = { kind: 'cpu', int4IsExact: true } as const;
    expect([nodes('Gather', exact), nodes('Slice', exact), nodes('MatMulNBits', exact)]).toEqual([0, 0, 2]);
  });
});

it('never unpacks the matrix', () => {
  const weights = source([512, 1024], 1);
  const program = trace({ y: ops.linear(input('x', ['n', 1024]), weight('w', [512, 1024])) });
  const { model } = lower(program, weights);
  expect(model.length).toBeLessThan(512 * 1024 * 0.7);
});

it('says so where no kernel reads the blocks', () => {
  const weights = source([64, 24], 0);
  expect(() => lower(trace({ y: ops.linear(input('x', [1, 24]), weight('w', [64, 24])) }), weights)).toThrow(
    '"w" is quantised along axis 0',
  );
});
