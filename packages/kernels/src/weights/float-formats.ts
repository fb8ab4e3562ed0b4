// Half-precision formats as float32. Little-endian hosts only, as every host of the runtime is.

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
