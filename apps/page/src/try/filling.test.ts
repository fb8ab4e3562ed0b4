// What the page knows of a text after each event, and how it is shown.
import { parseGaps } from '@maria/core/gaps';
import { expect, test } from 'vitest';
import { afterEvent, beginFilling, type FillEvent, type Filling, piecesOf } from './filling.js';

const bytesOf = (text: string) => [...new TextEncoder().encode(text)];

function filledEvent(position: number, gap: number, index: number, bytes: readonly number[]): FillEvent {
  const token = { id: position, token: '?', piece: '?', bytes };
  return { type: 'gap-filled', sample: 0, position, gap, index, ...token, probability: 0.5 };
}

/** One letter for each piece that is no text: "n" is the next place, "o" an open one, "?" of a gap of unknown length. */
function shown(filling: Filling): string[] {
  return piecesOf(filling).map((piece) => {
    if (piece.kind === 'open') return piece.isNext ? 'n' : piece.isLengthKnown ? 'o' : '?';
    return piece.text;
  });
}

test('tokens take their places, with no space twice and no half of a character', () => {
  const [first, second] = [bytesOf('🙂').slice(0, 2), bytesOf('🙂').slice(2)];
  let filling = beginFilling(parseGaps('A [MASK*3] b[MASK*?].'));
  expect(shown(filling)).toEqual(['A ', 'n', 'o', 'o', ' b', '?', '.']);
  filling = afterEvent(filling, { type: 'lengths-compared', round: 0, gap: 1, length: 1, candidates: [] });
  expect(shown(filling)).toEqual(['A ', 'n', 'o', 'o', ' b', 'o', '.']);
  filling = afterEvent(filling, filledEvent(1, 0, 0, bytesOf(' c')));
  filling = afterEvent(filling, filledEvent(2, 0, 1, first));
  expect(shown(filling)).toEqual(['A ', 'c', '', 'n', ' b', 'o', '.']);
  filling = afterEvent(filling, filledEvent(3, 0, 2, second));
  expect(shown(filling)).toEqual(['A ', 'c', '', '🙂', ' b', 'n', '.']);
  filling = afterEvent(filling, filledEvent(4, 1, 0, bytesOf(' d')));
  const gap = { position: 1, tokens: [], probabilities: [] };
  const gaps = [
    { ...gap, ids: [1, 2, 3], text: 'c🙂' },
    { ...gap, ids: [4], text: ' d' },
  ];
  const done = { sample: 0, text: 'A c🙂 b d.', ids: [], gaps, logLikelihood: -2 };
  filling = afterEvent(filling, { type: 'done', ...done });
  expect(shown(filling)).toEqual(['A ', 'c', '', '🙂', ' b', ' d', '.']);
  expect(shown(filling).join('')).toBe(filling.text);
});

test('what the single models say takes the place of the first candidates', () => {
  let filling = beginFilling(parseGaps('A [MASK]'));
  filling = afterEvent(filling, filledEvent(1, 0, 0, bytesOf(' c')));
  expect(filling.tokens[0]!.candidates).toEqual([{ id: 1, token: '?', fused: 0.5 }]);
  const candidates = [{ id: 1, token: '?', ar: 0.1, mlm: 0.2, fused: 0.5 }];
  filling = afterEvent(filling, { type: 'explained', position: 1, candidates });
  expect(filling.tokens[0]!.candidates).toEqual(candidates);
});
