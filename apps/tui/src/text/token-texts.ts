// The text of each token of a sequence, for cells.

/** Replacement character: the token ends within a character of several bytes. */
const partial = '\uFFFD';
/** No character has more bytes, so it is spread over at most so many tokens. */
const longestCharacter = 4;

/**
 * One text for each id. A character that is spread over several tokens stands at the first of them, and the others are empty.
 * @param isMasked masked tokens have no text
 */
export function tokenTexts(
  ids: readonly number[],
  decode: (ids: readonly number[]) => string,
  isMasked: (position: number) => boolean,
): string[] {
  const texts: string[] = [];
  while (texts.length < ids.length) {
    const start = texts.length;
    if (isMasked(start)) {
      texts.push('');
      continue;
    }
    const length = tokensOfCharacter(ids, start, decode, isMasked);
    texts.push(decode(ids.slice(start, start + length)), ...Array.from({ length: length - 1 }, () => ''));
  }
  return texts;
}

/** How many tokens from `start` on make whole characters: 1, unless the first one ends within a character that others complete. */
function tokensOfCharacter(
  ids: readonly number[],
  start: number,
  decode: (ids: readonly number[]) => string,
  isMasked: (position: number) => boolean,
): number {
  if (!decode([ids[start]!]).includes(partial)) return 1;
  for (let length = 2; length <= longestCharacter && start + length <= ids.length; length++) {
    if (isMasked(start + length - 1)) return 1;
    if (!decode(ids.slice(start, start + length)).includes(partial)) return length;
  }
  return 1;
}
