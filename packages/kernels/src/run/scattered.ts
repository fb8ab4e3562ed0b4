// Numbers for probes, and how their results are compared.

/** Numbers from -1 to 1 without order, always the same; made faster than random ones are. */
export function scattered(count: number, stream: number): Float32Array {
  return Float32Array.from({ length: count }, (_, i) => {
    const mixed = Math.imul(i + 1 + 65_537 * stream, 0x9e3779b1);
    return Math.imul(mixed ^ (mixed >>> 15), 0x85ebca6b) / 2 ** 31;
  });
}

export function sameBits(a: Float32Array, b: Float32Array): boolean {
  return a.every((value, i) => Object.is(value, b[i]));
}
