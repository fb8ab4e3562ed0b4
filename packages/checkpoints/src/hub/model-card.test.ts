// The licence in a model card's front matter, and nowhere else.
import { describe, expect, it } from 'vitest';
import { licenceOfCard } from './model-card.js';

describe('licenceOfCard', () => {
  it.each([
    ['---\nlanguage: en\nlicense: apache-2.0\n---\n# Model', 'apache-2.0'],
    ['---\r\nlicense: "mit" # as ever\r\n---\r\n', 'mit'],
    ['---\nlicense:\n- mit\n- apache-2.0\ntags: []\n---\n', 'mit, apache-2.0'],
    ["---\nlicense: [mit, 'bsd']\n---\n", 'mit, bsd'],
    ['---\nlicense: other\nlicense_name: llama3\n---\n', 'llama3'],
    ['---\nlicense: other\n---\n', 'other'],
    ['---\nmodel:\n  license: mit\n---\n', undefined],
    ['---\nlicense:\n---\n', undefined],
    ['---\nlicense: mit\n', undefined],
    ['# Model\nlicense: mit\n', undefined],
    ['', undefined],
  ])('reads %j', (card, expected) => {
    expect(licenceOfCard(card)).toBe(expected);
  });
});
