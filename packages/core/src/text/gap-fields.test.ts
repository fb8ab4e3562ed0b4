// Fields of gaps: what is read, what is refused and where, and the lengths that they make.
import { describe, expect, it } from 'vitest';
import { readGapFields, withFields, withLengthsToFind } from './gap-fields.js';
import { parseGaps } from './gaps.js';

describe('readGapFields', () => {
  it('reads fields by the place of the gap', () => {
    expect(readGapFields([{ min: 2, max: 6 }, {}, { max: 3 }])).toEqual([{ min: 2, max: 6 }, {}, { max: 3 }]);
  });

  it.each([
    ['x', /"gaps": it is not a list/],
    [[{}, { mni: 2 }], /what gap 2 must be: key "mni": there is no such key/],
    [
      [{ min: 0 }],
      /what gap 1 must be: key "min": it must be a whole number of at least 1 and of at most 4096, and is 0/,
    ],
    [[{ max: 4097 }], /gap 1 must be: key "max"/],
    [[{}, {}, { max: '3' }], /gap 3 must be: key "max"/],
    [[null], /gap 1 must be: it must be an object, and is null/],
  ])('refuses %j', (value, message) => {
    expect(() => readGapFields(value)).toThrow(message);
  });
});

describe('withFields', () => {
  const lengths = (text: string, fields: Parameters<typeof withFields>[1]) =>
    withFields(parseGaps(text).gaps, fields).map(({ tokens, most }) => [tokens, most]);

  it('takes the place of what the marker tells', () => {
    expect(lengths('[MASK] [MASK*2-6] [MASK*?]', [{ max: 4 }, { min: 3, max: 3 }])).toEqual([
      [1, 4],
      [3, undefined],
      [1, 16],
    ]);
  });

  it('refuses a least above a most, wherever they are told, and more fields than gaps', () => {
    expect(() => lengths('[MASK] [MASK*3]', [{}, { max: 2 }])).toThrow(
      /gap 2 must be: it has at least 3 tokens, and at most 2/,
    );
    expect(() => lengths('[MASK]', [{ min: 6, max: 2 }])).toThrow(/gap 1 must be: it has at least 6/);
    expect(() => lengths('[MASK]', [{}, {}])).toThrow(/tells of 2 gaps, and there are 1/);
  });

  it('gives gaps of one name one length', () => {
    const two = [2, undefined];
    expect(lengths('[MASK:a] [MASK] [MASK:a]', [{ min: 2, max: 2 }])).toEqual([two, [1, undefined], two]);
    expect(lengths('[MASK:a*2] [MASK:a]', [{}, { min: 2, max: 2 }])).toEqual([two, two]);
    expect(() => lengths('[MASK:a] [MASK:a]', [{}, { max: 2 }])).toThrow(
      /gap 2 must be: the first gap of its name, \[MASK:a\], has another length/,
    );
  });
});

it('finds the length of a gap whose fill is described, unless a gap of its name tells one', () => {
  const { gaps } = parseGaps('[MASK] [MASK*2] [MASK:a*3] [MASK:a] [MASK:b] [MASK:b]');
  const told = withLengthsToFind(parseGaps('[MASK:a] [MASK:a]').gaps, [{ max: 1 }], { words: 1 }, 5);
  expect(told.map(({ tokens, most }) => [tokens, most])).toEqual([
    [1, undefined],
    [1, undefined],
  ]);
  const found = withLengthsToFind(gaps, [], { words: 1 }, 5);
  expect(found.map(({ tokens, most }) => [tokens, most])).toEqual([
    [1, 5],
    [2, undefined],
    [3, undefined],
    [3, undefined],
    [1, 5],
    [1, 5],
  ]);
});
