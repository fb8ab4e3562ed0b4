// Where words start, told from the strings of byte-level tokens: at a space, or after one.

/** Characters that stand for space, tab, line feed and carriage return in byte-level tokens, and plain ones. */
const whitespace = /[\u0120\u0109\u010a\u010d\s]/u;
const whitespaceAtEnd = /[\u0120\u0109\u010a\u010d\s]$/u;

/** Whether a word starts at a position of `ids`: at the first, at a token that begins with whitespace, and after one that ends so. */
export function wordStarts(
  ids: Int32Array,
  tokens: readonly (string | undefined)[],
): (position: number) => boolean {
  const token = (position: number) => tokens[ids[position]!] ?? '';
  return (position) =>
    position === 0 || whitespace.test(token(position).charAt(0)) || whitespaceAtEnd.test(token(position - 1));
}
