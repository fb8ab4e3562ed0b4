// UTF-8, byte by byte: what may follow what.
import { expect, test } from 'vitest';
import { tokenTexts, utf8After, wholeCharacters } from './token-texts.js';

const after = (...bytes: number[]) => utf8After(wholeCharacters, Uint8Array.from(bytes));

test('all text of one encoder is whole, and each part of it goes on', () => {
  const bytes = [...new TextEncoder().encode('aé€😀\ud7ff\ue000\u{10ffff}')];
  expect(after(...bytes)).toEqual(wholeCharacters);
  for (let end = 0; end <= bytes.length; end++) {
    const state = after(...bytes.slice(0, end));
    expect(state).toBeDefined();
    expect(utf8After(state!, Uint8Array.from(bytes.slice(end)))).toEqual(wholeCharacters);
  }
});

test('a large vocabulary is looked at once, in parts, and tells the same', async () => {
  const encoder = new TextEncoder();
  let looked = 0;
  const perTurn = [0];
  const source = () => ({
    size: 20_000,
    bytesOf: (id: number) => {
      looked++;
      perTurn[perTurn.length - 1]!++;
      return encoder.encode(`${id % 2 ? ' ' : ''}${id}${id % 3 ? '' : '\n'}`);
    },
  });
  const demand = { lead: ' ', missing: 0, lineBreaks: false };
  let isOver = false;
  const count = () => {
    perTurn.push(0);
    if (!isOver) setImmediate(count);
  };
  setImmediate(count);
  const texts = tokenTexts(source());
  await Promise.all([texts.prepare(), texts.prepare()]);
  isOver = true;
  expect(looked).toBe(20_000);
  expect(Math.max(...perTurn)).toBeLessThanOrEqual(2048);
  const allowed = texts.allowed(demand, wholeCharacters);
  expect(looked).toBe(20_000);
  expect([...allowed.subarray(0, 6)]).toEqual([0, 1, 0, 0, 0, 1]);
  expect(allowed).toEqual(tokenTexts(source()).allowed(demand, wholeCharacters));
});

test.each([
  ['a byte in the middle', [0x80]],
  ['overlong forms', [0xc0]],
  ['overlong forms of three', [0xe0, 0x80]],
  ['overlong forms of four', [0xf0, 0x80]],
  ['surrogates', [0xed, 0xa0]],
  ['what is above U+10FFFF', [0xf4, 0x90]],
  ['bytes of no character', [0xff]],
  ['a letter in a character', [0xe2, 0x61]],
])('%s are nothing', (_, bytes) => {
  expect(after(...bytes)).toBeUndefined();
});
