// Rounding to float16 (IEEE 754 binary16: 1 sign, 5 exponent, 10 fraction bits).

const single = new Float32Array(1);
const bits = new Uint32Array(single.buffer);

/** The nearest float16, ties to even; from 65520 on infinite. */
export function roundToFloat16(x: number): number {
  single[0] = x;
  const exponent = ((bits[0]! >>> 23) & 0xff) - 127;
  // Added to it, a number loses what is below the distance of float16 numbers of its size: 2^-24 at least, in subnormal ones.
  const shift = 1.5 * 2 ** (Math.max(exponent, -14) - 10 + 52);
  const rounded = x + shift - shift;
  if (Math.abs(rounded) > largest) return rounded * Number.POSITIVE_INFINITY;
  return rounded === 0 ? x * 0 : rounded;
}

const largest = 65504;
