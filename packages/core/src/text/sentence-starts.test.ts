// Sentences and lines begin at tokens, however their text is cut into them.
import { expect, test } from 'vitest';
import { sentenceStarts } from './sentence-starts.js';

const encoder = new TextEncoder();

/** What begins a sentence, of tokens that are separated by `|`. */
function found(text: string): string[] {
  const tokens = text.split('|');
  return sentenceStarts(tokens.map((token) => encoder.encode(token))).map((i) => tokens[i]!);
}

test.each([
  ['after a full stop, with the space that the token carries', 'He| ran|.| Then| he| slept', [' Then']],
  ['after a space that is a token', 'He| ran|.| |Then| he', ['Then']],
  ['after a line', 'He| ran|\n|Then| he', ['Then']],
  ['at an empty line too', 'He|\n|\n|Then', ['\n', 'Then']],
  ['after a quotation', '"|Run|!"| He| ran', [' He']],
  ['without a space, where a script has none', '走|。|他|停|。', ['他']],
  ['not after a number or an abbreviation', 'It| is| 3|.|14| e|.|g|.| much', []],
  ['not within a token', 'He| ran|.\nThen| he', []],
  ['not at the first token', 'Then| he', []],
  ['nowhere in nothing', '', []],
])('%s', (_, text, expected) => {
  expect(found(text)).toEqual(expected);
});

test('characters may be split over tokens', () => {
  const [mark, first] = [encoder.encode('。'), encoder.encode('他')];
  const tokens = [encoder.encode('走'), mark.slice(0, 1), mark.slice(1), first.slice(0, 2), first.slice(2)];
  expect(sentenceStarts(tokens)).toEqual([3]);
});
