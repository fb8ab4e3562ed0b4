// Pairs whose tokenizers fall back to bytes, as the Japanese ones: the same pieces are matched, whatever else each declares.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { pairVocabularies } from '../packages/checkpoints/src/tokenizers/pair-vocabularies.js';
import { createVocabulary } from '../packages/checkpoints/src/tokenizers/tokenizer.js';
import {
  arTokenizer,
  controls,
  mlmTokenizer,
  vocabulary as tokens,
  writeByteFallbackTokenizer,
} from './byte-fallback-tokenizers.js';

const home = mkdtempSync(join(tmpdir(), 'maria-byte-fallback-'));
afterAll(() => rmSync(home, { recursive: true }));

function vocabularyOf(written: Parameters<typeof writeByteFallbackTokenizer>[1]) {
  const folder = mkdtempSync(join(home, 'tokenizer-'));
  writeByteFallbackTokenizer(folder, written);
  const read = (file: string) => JSON.parse(readFileSync(join(folder, file), 'utf8'));
  return createVocabulary({
    tokenizer: read('tokenizer.json'),
    tokenizerConfig: read('tokenizer_config.json'),
  });
}

const [ar, mlm] = [vocabularyOf(arTokenizer), vocabularyOf(mlmTokenizer)];
const byteId = (byte: number) => controls.length + byte;

it.each(['犬は大きいです。', '猫が🦊', 'the dog is small', ' 小さい\n犬', ''])(
  'reads %j alike and gives it back',
  async (text) => {
    const ids = Array.from(await mlm.encode(text));
    expect(Array.from(await ar.encode(text))).toEqual(ids);
    expect(mlm.decode(Int32Array.from(ids))).toBe(text);
  },
);

it('reads what no piece covers as its bytes', async () => {
  expect(Array.from(await mlm.encode('🦊'))).toEqual([...new TextEncoder().encode('🦊')].map(byteId));
  expect([...mlm.bytesOf(byteId(0xf0))]).toEqual([0xf0]);
});

it('puts around a text what each wants', () => {
  expect(ar.template).toMatchObject({ prefix: [1], suffix: [] });
  expect(mlm.template).toMatchObject({ prefix: [6], suffix: [4] });
});

describe('paired', () => {
  it('has the same ids, and samples no control symbol of either', () => {
    const paired = pairVocabularies(ar, mlm);
    expect([paired.arIds, paired.size]).toEqual([undefined, tokens.length]);
    for (const id of controls.keys()) expect([id, paired.specialIds.has(id)]).toEqual([id, true]);
    expect(paired.specialIds.has(byteId(0))).toBe(false);
  });

  it('lets the MLM name places that the AR model keeps free', () => {
    const renamed = tokens.map((token) => (token === '<mask>' ? '<reserved>' : token));
    const reserved = vocabularyOf({
      ...arTokenizer,
      tokens: renamed,
      roles: { ...arTokenizer.roles, pad_token: '<reserved>' },
    });
    expect(pairVocabularies(reserved, mlm).specialIds.has(5)).toBe(true);
  });

  it('refuses an extra piece, and pieces that changed places', () => {
    const extra = vocabularyOf({ ...mlmTokenizer, tokens: [...tokens, '狐'] });
    expect(() => pairVocabularies(ar, extra)).toThrow(
      `token ${tokens.length} is "狐" in the MLM's vocabulary and no token in the AR model's; under any id, the AR model lacks "狐"`,
    );
    const other = vocabularyOf({
      ...mlmTokenizer,
      tokens: tokens.map((token) => (token === '犬' ? '狐' : token)),
    });
    expect(() => pairVocabularies(ar, other)).toThrow(
      /token \d+ is "狐" in the MLM's vocabulary and "犬" in the AR model's/,
    );
  });
});
