// Tokenizers whose time or memory may run away are told from the others.
import { expect, it } from 'vitest';
import { goldenFiles } from './golden-tokenizers.test.support.js';
import { isPlain, refuseGrowth } from './plain-steps.js';

const model = { type: 'BPE', vocab: { a: 0 }, merges: [] };
const split = (pattern: object) => ({
  model,
  pre_tokenizer: { type: 'Split', pattern, behavior: 'Isolated' },
});
const replace = (pattern: object, content: string) => ({ type: 'Replace', pattern, content });
const sequence = (normalizers: object[]) => ({ model, normalizer: { type: 'Sequence', normalizers } });

it('knows tokenizers of models as plain', () => {
  for (const name of ['tokenizer_ar', 'tokenizer_mlm'] as const)
    expect(isPlain(goldenFiles(name).tokenizer as never)).toBe(true);
});

it.each(['[0-9]', '[a-z]+', ' {2,}', '\\p{N}{1,3}', '\\d'])('takes %s as plain', (Regex) => {
  expect(isPlain(split({ Regex }))).toBe(true);
});

it.each(['(a+)+$', 'a*a*b', '(?=a)', '\\1', '[a-z]+[a-z]+', '[[a]+]', 'a|b'])(
  'does not trust %s',
  (Regex) => {
    expect(isPlain(split({ Regex }))).toBe(false);
  },
);

it('does not trust steps and models that it does not know', () => {
  expect(isPlain(split({ String: '(a+)+$' }))).toBe(true);
  expect(isPlain(sequence([{ type: 'Precompiled' }]))).toBe(false);
  expect(isPlain(sequence(Array.from({ length: 65 }, () => ({ type: 'NFC' }))))).toBe(false);
  expect(isPlain({ model: { ...model, continuing_subword_prefix: '##' } })).toBe(false);
  expect(isPlain({ model: { type: 'WordPiece', vocab: {}, max_input_chars_per_word: 1e9 } })).toBe(false);
});

it('refuses what makes a text ever longer', () => {
  const double = replace({ String: 'a' }, 'aa');
  const growing = (steps: object[]) => () => refuseGrowth(sequence(steps));
  expect(growing(Array(6).fill(double))).not.toThrow();
  expect(growing(Array(7).fill(double))).toThrow('its normalizer may make a text 128 times as long');
  expect(growing([replace({ String: ' ' }, '▁'), { type: 'Prepend', prepend: '▁' }])).not.toThrow();
  expect(growing([replace({ String: 'ab' }, 'x'.repeat(128))])).not.toThrow();
  expect(growing([replace({ Regex: 'ab' }, 'x'.repeat(128))])).toThrow('129 times');
  expect(growing([{ type: 'Prepend', prepend: 'x'.repeat(65) }])).toThrow('65 times');
  const decoder = (step: object) => () => refuseGrowth({ model, decoder: step as never });
  expect(decoder({ type: 'Sequence', decoders: Array(24).fill(double) })).toThrow('its decoder may make');
  expect(decoder(replace({ Regex: '(a+)+$' }, ''))).toThrow('the regular expression "(a+)+$"');
});
