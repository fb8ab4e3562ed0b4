// Where sentences and lines begin among the tokens of a text.

let segmenter: Intl.Segmenter | undefined;

/**
 * Indices, ascending, of the tokens that a sentence or a line begins with, as Unicode has it (UAX 29), whatever the language of the user.
 * The first token is not among them: what stands before it is not known.
 * @param tokens the bytes of each: characters may be split over several of them
 */
export function sentenceStarts(tokens: readonly Uint8Array[]): number[] {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  let text = '';
  const starts = tokens.map((bytes) => {
    const start = text.length;
    text += decoder.decode(bytes, { stream: true });
    return start;
  });
  segmenter ??= new Intl.Segmenter('en', { granularity: 'sentence' });
  const found: number[] = [];
  let token = 0;
  for (const { index } of segmenter.segment(text)) {
    while (token < starts.length && starts[token]! < index) token++;
    // A token may carry the white space before the sentence.
    const carries = starts[token] !== index && text.slice(starts[token - 1], index).trim() === '';
    const first = carries ? token - 1 : token;
    if (first > 0 && first < starts.length && (carries || starts[first] === index)) found.push(first);
  }
  return found;
}
