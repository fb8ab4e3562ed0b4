// A sequence as the MLM reads it: the mask token at some positions, all else as it is.

/** A copy of `ids` with `maskId` at `positions`. */
export function maskAt(
  ids: ArrayLike<number>,
  positions: Iterable<number>,
  { maskId }: { readonly maskId: number },
): Int32Array {
  const masked = Int32Array.from(ids);
  for (const position of positions) masked[position] = maskId;
  return masked;
}
