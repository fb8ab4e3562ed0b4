// The arithmetic of int4: floats to 4-bit integers with a scale a block, and back.

/** Elements that share a scale, along a matrix's input axis. */
export const blockSize = 32;

/** Bits of a float32 without the sign; from here on they are infinities and NaN. */
export const magnitude = 0x7fffffff;
export const infinity = 0x7f800000;

/**
 * Quantises whole blocks of `values`. A block's element of the largest magnitude becomes the lowest integer exactly,
 * whatever its sign: the scale is negative where that element is positive, and no integer is left unused.
 * @param data unsigned integers, offset by 8: two a byte with the first in the low half
 * @param scales one a block
 * @returns whether all elements are finite; if not, the rest is undefined
 */
export function quantizeBlocks(
  values: Float32Array,
  data: Uint8Array,
  scales: Float32Array,
): 'finite' | 'non-finite' {
  // Magnitudes compare as integers do, and those that are not finite compare as larger than all others.
  const bits = new Int32Array(values.buffer, values.byteOffset, values.length);
  for (let block = 0, start = 0; start < values.length; block++, start += blockSize) {
    const end = start + blockSize;
    let largest = 0;
    let at = start;
    for (let i = start; i < end; i++) {
      const size = bits[i]! & magnitude;
      if (size > largest) {
        largest = size;
        at = i;
      }
    }
    if (largest >= infinity) return 'non-finite';
    const scale = Math.fround(values[at]! / -8);
    scales[block] = scale;
    // Of numbers so small that their scale is denormal, the reciprocal would be infinite: they are 0.
    quantizeBlock(values, start, Math.abs(scale) < smallestScale ? 0 : 1 / scale, data);
  }
  return 'finite';
}

const smallestScale = 2 ** -126;

/** Adding the offset and a half, then cutting off, rounds to the nearest; only the top integer can be overshot, by one. */
function quantizeBlock(values: Float32Array, start: number, inverse: number, data: Uint8Array): void {
  for (let i = start; i < start + blockSize; i += 2) {
    const low = (values[i]! * inverse + 8.5) | 0;
    const high = (values[i + 1]! * inverse + 8.5) | 0;
    data[i >> 1] = Math.min(low, 15) | (Math.min(high, 15) << 4);
  }
}

/** Writes the elements that the blocks stand for into `values`. */
export function dequantizeBlocks(data: Uint8Array, scales: Float32Array, values: Float32Array): void {
  for (let i = 0; i < values.length; i++)
    values[i] = (((data[i >> 1]! >> (4 * (i & 1))) & 15) - 8) * scales[Math.floor(i / blockSize)]!;
}
