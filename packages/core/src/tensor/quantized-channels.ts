// The arithmetic of int8: weights with a scale for each output, inputs with a scale for each row, sums of integers.
// Backends give what `multiplyInt8` gives, and a row's result never depends on the rows beside it.
import { infinity, magnitude } from './quantized-blocks.js';

/**
 * The largest integer of a weight. With 64, two products and their sum fit in 16 bits, 2 * 255 * 64 < 2^15: kernels for processors
 * that add pairs of products in 16 bits are exact with it.
 */
export const int8Limits = [127, 64] as const;
export type Int8Limit = (typeof int8Limits)[number];

/** Largest integer of a row of inputs. */
const inputLimit = 127;
/** What a row's largest input counts as at least: the scale of a row of zeros is no zero. */
export const smallestInput = 2 ** -100;

/**
 * Quantises the weights of one output: the largest magnitude becomes `limit`, zero stays zero.
 * @param integers filled from `at` on
 * @returns the scale, or NaN where a weight is not finite
 */
export function quantizeChannel(
  values: Float32Array,
  limit: number,
  integers: Int8Array,
  at: number,
): number {
  const scale = channelScale(largestMagnitude(values), limit);
  const inverse = 1 / scale;
  // Adding an offset and a half, then cutting off, rounds to the nearest; Math.round takes longer.
  for (let i = 0; i < values.length; i++) integers[at + i] = ((values[i]! * inverse + 128.5) | 0) - 128;
  return scale;
}

/** The scale of weights of which `largest` is the largest magnitude. 1 where all are so small that it would be denormal: they become 0. */
export function channelScale(largest: number, limit: number): number {
  const scale = Math.fround(largest / limit);
  return scale < 2 ** -126 ? 1 : scale;
}

/** NaN where one of the values is not finite. */
function largestMagnitude(values: Float32Array): number {
  // Magnitudes compare as integers do, and those that are not finite compare as larger than all others.
  const bits = new Int32Array(values.buffer, values.byteOffset, values.length);
  let largest = 0;
  for (let i = 0; i < bits.length; i++) {
    const size = bits[i]! & magnitude;
    if (size > largest) largest = size;
  }
  return largest >= infinity ? Number.NaN : new Float32Array(Int32Array.of(largest).buffer)[0]!;
}

/** The elements that the integers stand for, in the shape that programs see. */
export function dequantizeChannels(
  { integers, scales }: { readonly integers: Int8Array; readonly scales: Float32Array },
  axis: 0 | 1,
): Float32Array {
  const outputs = scales.length;
  const inputs = integers.length / outputs;
  const values = new Float32Array(integers.length);
  for (let i = 0; i < inputs; i++)
    for (let o = 0; o < outputs; o++)
      values[axis === 0 ? i * outputs + o : o * inputs + i] = integers[i * outputs + o]! * scales[o]!;
  return values;
}

export interface Int8Product {
  /** float32 [rows, inputs] */
  readonly x: ArrayLike<number>;
  readonly inputs: number;
  /** int8 [inputs, stored outputs] */
  readonly integers: Int8Array;
  /** float32 [stored outputs] */
  readonly scales: Float32Array;
  /** How many of the stored outputs are wanted. */
  readonly outputs: number;
  /** float32 [outputs] */
  readonly bias?: ArrayLike<number> | undefined;
}

/**
 * The product that int8 means, to the bit: with s = max(max |x|, 2^-100) / 127 of a row, q = x / s rounded half to even, and
 * the exact sums S = q W, the result is ((S * scale) * s) + bias. Each operation rounds to float32, S among them.
 */
export function multiplyInt8({ x, inputs, integers, scales, outputs, bias }: Int8Product): Float32Array {
  const { fround } = Math;
  const rows = x.length / inputs;
  const stored = scales.length;
  const result = new Float32Array(rows * outputs);
  const sums = new Int32Array(outputs);
  for (let row = 0; row < rows; row++) {
    const start = row * inputs;
    let largest = smallestInput;
    for (let i = 0; i < inputs; i++) largest = Math.max(largest, Math.abs(x[start + i]!));
    const scale = fround(largest / inputLimit);
    sums.fill(0);
    for (let i = 0; i < inputs; i++) {
      const q = roundHalfEven(fround(x[start + i]! / scale));
      if (q === 0) continue;
      for (let o = 0; o < outputs; o++) sums[o]! += q * integers[i * stored + o]!;
    }
    for (let o = 0; o < outputs; o++) {
      const product = fround(fround(fround(sums[o]!) * scales[o]!) * scale);
      result[row * outputs + o] = bias ? product + bias[o]! : product;
    }
  }
  return result;
}

/** Of a float32 of at most 2^22: beside this number a float32 has no room for a fraction, and the sum rounds it away. */
function roundHalfEven(x: number): number {
  const noFractions = 3 * 2 ** 22;
  return Math.fround(x + noFractions) - noFractions;
}
