// Text with gaps as ids: the space before a gap, all other white space, positions, and pieces as fills.

import { encodeGaps, encodePieces, parseGaps } from '@maria/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { goldenVocabulary } from '../packages/checkpoints/src/tokenizers/golden-tokenizers.test.support.js';

const vocabulary = goldenVocabulary();
const M = vocabulary.maskId;
const ids = (text: string) => [...vocabulary.encode(text)];

function encode(text: string) {
  const encoded = encodeGaps(parseGaps(text), vocabulary);
  return { ids: [...encoded.ids], gaps: encoded.gaps };
}

describe('encodeGaps', () => {
  it('gives one space before a gap to the gap', () => {
    expect(encode('The [MASK] is')).toEqual({
      ids: [...ids('The'), M, ...ids(' is')],
      gaps: [{ position: ids('The').length, length: 1 }],
    });
    expect(encode('a [MASK] [MASK*2] b').ids).toEqual([...ids('a'), M, M, M, ...ids(' b')]);
    expect(encode('a  [MASK]').ids).toEqual([...ids('a '), M]);
    expect(encode(' [MASK]').ids).toEqual([M]);
  });

  it('keeps every other white space in the text', () => {
    for (const before of ['a\n', 'a\t', 'a\r\n', 'a\u00a0', 'a \u0301', '(', ''])
      expect(encode(`${before}[MASK].`).ids).toEqual([...ids(before), M, ...ids('.')]);
  });

  it('says where each gap is', () => {
    const { ids: all, gaps } = encode('[MASK*2]é [MASK][MASK*3]');
    const start = 2 + ids('é').length;
    expect(gaps).toEqual([
      { position: 0, length: 2 },
      { position: start, length: 1 },
      { position: start + 1, length: 3 },
    ]);
    expect(all.length).toBe(start + 4);
  });

  it('encodes text without gaps as it is', () => {
    expect(encode('The end. ')).toEqual({ ids: ids('The end. '), gaps: [] });
    expect(encode('')).toEqual({ ids: [], gaps: [] });
  });

  it('puts the mask id exactly at the gaps', () => {
    const text = fc.array(
      fc.oneof(fc.string({ unit: 'grapheme' }), fc.constantFrom('[MASK]', '[MASK*3]', ' ', '\n')),
    );
    fc.assert(
      fc.property(text, (parts) => {
        const encoded = encode(parts.join('').replaceAll('[MASK*', '[MASK*3]'));
        const masked = encoded.ids.flatMap((id, i) => (id === M ? [i] : []));
        expect(masked).toEqual(
          encoded.gaps.flatMap(({ position, length }) => Array.from({ length }, (_, i) => position + i)),
        );
      }),
      { seed: 4, numRuns: 200 },
    );
  });
});

describe('encodePieces', () => {
  it('encodes masked pieces as fills: with the space before them', () => {
    const pieces = [
      { text: 'The ', masked: false },
      { text: 'word', masked: true },
      { text: ' is ', masked: false },
      { text: ' two', masked: true },
      { text: '!', masked: true },
    ];
    const parts = ['The', ' word', ' is', '  two', '!'].map(ids);
    const { ids: all, masked } = encodePieces(pieces, vocabulary);
    expect([...all]).toEqual(parts.flat());
    const [the, word, is] = parts.map(({ length }) => length);
    expect(masked).toEqual(
      [...all.keys()].filter((i) => i >= the! && !(i >= the! + word! && i < the! + word! + is!)),
    );
  });

  it('has the ids around the masked pieces that encodeGaps has around gaps', () => {
    const pieces = [
      { text: 'a b ', masked: false },
      { text: 'é', masked: true },
      { text: '\n', masked: false },
      { text: 'x', masked: true },
      { text: ' .', masked: false },
    ];
    const { ids: original, masked } = encodePieces(pieces, vocabulary);
    const hidden = Int32Array.from(original, (id, i) => (masked.includes(i) ? M : id));
    const lengths = [ids(' é').length, ids('x').length];
    expect(hidden).toEqual(
      encodeGaps(parseGaps(`a b [MASK*${lengths[0]}]\n[MASK*${lengths[1]}] .`), vocabulary).ids,
    );
  });
});
