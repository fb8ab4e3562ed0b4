// Half-precision formats as float32, and float32 as those. Little-endian hosts only, as every host of the runtime is.

let halfTable: Uint32Array | undefined;

/** Float32 bits of each float16 bit pattern (IEEE 754 binary16: 1 sign, 5 exponent, 10 fraction bits). */
function halfToSingleBits(): Uint32Array {
  if (halfTable) return halfTable;
  const table = new Uint32Array(0x10000);
  const single = new Float32Array(1);
  const bits = new Uint32Array(single.buffer);
  for (let half = 0; half < 0x10000; half++) {
    const sign = (half & 0x8000) << 16;
    const exponent = (half >> 10) & 0x1f;
    const fraction = half & 0x3ff;
    if (exponent === 0x1f) table[half] = sign | 0x7f800000 | (fraction << 13);
    else if (exponent > 0) table[half] = sign | ((exponent + 112) << 23) | (fraction << 13);
    else {
      single[0] = fraction * 2 ** -24;
      table[half] = sign | bits[0]!;
    }
  }
  halfTable = table;
  return table;
}

/** Writes float16 words as float32 into `target`, from index `start` on. */
export function float16ToFloat32(words: Uint16Array, target: Float32Array, start: number): void {
  const table = halfToSingleBits();
  const bits = new Uint32Array(target.buffer, target.byteOffset, target.length);
  for (let i = 0; i < words.length; i++) bits[start + i] = table[words[i]!]!;
}

/** Writes bfloat16 words (the upper half of a float32) as float32 into `target`, from index `start` on. */
export function bfloat16ToFloat32(words: Uint16Array, target: Float32Array, start: number): void {
  const bits = new Uint32Array(target.buffer, target.byteOffset, target.length);
  for (let i = 0; i < words.length; i++) bits[start + i] = words[i]! << 16;
}

/** The nearest float16 of each number, ties to even; beyond 65504 ± 16 infinite. */
export function float32ToFloat16(source: Float32Array): Uint16Array {
  const bits = new Uint32Array(source.buffer, source.byteOffset, source.length);
  return Uint16Array.from(bits, (word, i) => {
    const sign = (word >>> 16) & 0x8000;
    const exponent = ((word >>> 23) & 0xff) - 112;
    if (exponent === 0xff - 112) return sign | 0x7c00 | ((word & 0x7fffff) === 0 ? 0 : 0x200);
    // Subnormal: a multiple of 2^-24.
    if (exponent <= 0) return sign | roundToEven(Math.abs(source[i]!) * 2 ** 24);
    // Rounding may carry into the exponent, as it should.
    const half = (exponent << 10) + roundToEven((word & 0x7fffff) / 2 ** 13);
    return sign | Math.min(half, 0x7c00);
  });
}

/** The nearest bfloat16 of each number, ties to even. */
export function float32ToBfloat16(source: Float32Array): Uint16Array {
  const bits = new Uint32Array(source.buffer, source.byteOffset, source.length);
  return Uint16Array.from(bits, (word) => {
    if ((word & 0x7fffffff) > 0x7f800000) return (word >>> 16) | 0x40;
    return (word + 0x7fff + ((word >>> 16) & 1)) >>> 16;
  });
}

function roundToEven(x: number): number {
  const floor = Math.floor(x);
  const rest = x - floor;
  return floor + (rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? 1 : 0);
}
