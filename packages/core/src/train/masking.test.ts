// The syntax of mask rates.
import { describe, expect, it } from 'vitest';
import { UsageError } from '../errors.js';
import { defaultMasking, formatMasking, parseMasking } from './masking.js';

describe('parseMasking', () => {
  it.each([
    ['uniform(0.1,0.5)', { rate: { kind: 'uniform', least: 0.1, most: 0.5 } }],
    ['uniform', defaultMasking],
    ['fixed(0.15)', { rate: { kind: 'fixed', rate: 0.15 } }],
    [' Beta( 2 , 5 ) ', { rate: { kind: 'beta', alpha: 2, beta: 5 } }],
    ['spans(3)', { ...defaultMasking, meanSpan: 3 }],
    ['words', { ...defaultMasking, wholeWords: true }],
    ['words+fixed(0.5)+spans(2.5)', { rate: { kind: 'fixed', rate: 0.5 }, meanSpan: 2.5, wholeWords: true }],
  ])('reads %j', (text, masking) => {
    expect(parseMasking(text)).toEqual(masking);
    expect(parseMasking(formatMasking(parseMasking(text)))).toEqual(masking);
  });

  it.each([
    ['', '"" is not a distribution'],
    ['0.15', '"0.15" is not a distribution'],
    ['gauss(1)', 'there is no distribution "gauss"'],
    ['constructor', 'there is no distribution "constructor"'],
    ['fixed(0)', 'fixed takes one rate above 0 and at most 1'],
    ['fixed', 'fixed takes one rate'],
    ['fixed(0.1,0.2)', 'fixed takes one rate'],
    ['fixed(x)', 'fixed takes one rate'],
    ['uniform(0.5,0.1)', 'uniform takes two rates a <= b'],
    ['uniform(0,0)', 'uniform takes two rates'],
    ['uniform(0.5)', 'uniform takes two rates'],
    ['beta(0,1)', 'beta takes two numbers above 0'],
    ['spans(0.5)', 'spans takes a mean length of at least 1'],
    ['words(2)', 'words takes no number'],
    ['fixed(0.1)+uniform', '"uniform" says again'],
    ['fixed(0.1', '"fixed(0.1" is not a distribution'],
  ])('refuses %j', (text, fact) => {
    expect(() => parseMasking(text)).toThrow(UsageError);
    expect(() => parseMasking(text)).toThrow(fact);
  });
});
