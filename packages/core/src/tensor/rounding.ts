// Rounding to the floats of 16 bits: float16 (IEEE 754 binary16: 5 bits of exponent, 10 of fraction) and bfloat16 (8 and 7).

const single = new Float32Array(1);
const bits = new Uint32Array(single.buffer);

/** The largest finite number of each. */
export const largestHalf = { float16: 65504, bfloat16: (2 - 2 ** -7) * 2 ** 127 } as const;

/** The nearest float16, ties to even; from 65520 on infinite. */
export const roundToFloat16 = roundTo({ fraction: 10, lowest: -14, largest: largestHalf.float16 });

/** The nearest bfloat16, ties to even; beyond about 3.396e38 infinite. */
export const roundToBfloat16 = roundTo({ fraction: 7, lowest: -126, largest: largestHalf.bfloat16 });

/** @param lowest exponent of normal numbers */
function roundTo({ fraction, lowest, largest }: Record<'fraction' | 'lowest' | 'largest', number>) {
  return (x: number): number => {
    single[0] = x;
    const exponent = ((bits[0]! >>> 23) & 0xff) - 127;
    // Added to it, a number loses what is below the distance of the type's numbers of its size, which is that of the lowest exponent at least.
    const shift = 1.5 * 2 ** (Math.max(exponent, lowest) - fraction + 52);
    const rounded = x + shift - shift;
    if (Math.abs(rounded) > largest) return rounded * Number.POSITIVE_INFINITY;
    return rounded === 0 ? x * 0 : rounded;
  };
}
