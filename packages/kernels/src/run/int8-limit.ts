// Whether a backend sums products of int8 exactly on this machine, and with what weights.
import {
  type Backend,
  channelsInMemory,
  DeviceError,
  evaluate,
  float32,
  type Int8Limit,
  input,
  int8Limits,
  ops,
  trace,
  type WeightSource,
  weight,
} from '@maria/core';

/** Rows at once for which a processor may have kernels of their own, and sizes that leave a rest in any. */
const rowCounts = [1, 2, 3, 16, 67];
const [inputs, outputs] = [197, 83];

const known = new WeakMap<Backend, Promise<Int8Limit>>();

/**
 * The largest integer of a weight with which products of the largest magnitudes are to the bit what core's `multiplyInt8` gives. Kernels
 * for x64 processors without VNNI add pairs of products in 16 bits, and stop at the largest number that fits: they are wrong with
 * 127. They stay twice as fast as the kernel that is exact there with any weights, so the weights are what is made smaller.
 * Found out once for a backend, in some milliseconds.
 * @throws DeviceError `int8-inexact` where no limit helps
 */
export function int8Limit(backend: Backend): Promise<Int8Limit> {
  let limit = known.get(backend);
  if (!limit) {
    limit = find(backend);
    known.set(backend, limit);
  }
  return limit;
}

async function find(backend: Backend): Promise<Int8Limit> {
  for (const limit of int8Limits) if (await isExact(backend, limit)) return limit;
  throw new DeviceError(
    'int8-inexact',
    `Cannot use int8: ${backend.name} computes other sums of integers than they have, on this machine.`,
    { try: 'Use int4, or weights as they are.' },
  );
}

async function isExact(backend: Backend, limit: Int8Limit): Promise<boolean> {
  const program = trace({ y: ops.linear(input('x', ['rows', inputs]), weight('w', [outputs, inputs])) });
  const weights = extremeWeights(limit);
  const executable = await backend.compile(program, weights);
  try {
    for (const rows of rowCounts) {
      const x = extremeRows(rows);
      const expected = evaluate(program, { x }, weights).y!.data;
      const { data } = (await executable.run({ x })).y!;
      // A sum that stopped in 16 bits is off by thousands; backends that compute in floats are off by their rounding.
      if (!expected.every((value, i) => Math.abs(value - data[i]!) <= 1)) return false;
    }
    return true;
  } finally {
    executable.dispose();
  }
}

/** All of the largest magnitude, in columns of one sign and of changing signs. */
function extremeWeights(limit: Int8Limit): WeightSource {
  const integers = Int8Array.from({ length: inputs * outputs }, (_, i) => {
    const [row, column] = [Math.floor(i / outputs), i % outputs];
    return [limit, -limit, row % 2 === 0 ? limit : -limit][column % 3]!;
  });
  const scales = new Float32Array(outputs).fill(1);
  const tensor = channelsInMemory({ name: 'w', shape: [outputs, inputs], axis: 1 }, integers, scales);
  return {
    names: () => ['w'],
    get: (name) => (name === 'w' ? tensor : undefined),
    read: () =>
      Float32Array.from(
        { length: inputs * outputs },
        (_, i) => integers[(i % inputs) * outputs + Math.floor(i / inputs)]!,
      ),
  };
}

/** Of integers up to 127, which one in each row is: all the largest, all the smallest, pairs of one and pairs of changing signs. */
function extremeRows(rows: number) {
  const data = Float32Array.from({ length: rows * inputs }, (_, i) => {
    const [row, column] = [Math.floor(i / inputs), i % inputs];
    return 127 * [1, -1, (column & 2) - 1, column % 2 === 0 ? 1 : -1][row % 4]!;
  });
  return float32(data, [rows, inputs]);
}
