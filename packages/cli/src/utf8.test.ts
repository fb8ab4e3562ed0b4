// Strict UTF-8 decoding.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeUtf8 } from './utf8.js';

test('text comes back, with its byte order mark', () => {
  for (const text of ['', 'plain', 'naïve 猫 🐈', '\uFEFFmarked', 'a\0b']) {
    expect(decodeUtf8(Buffer.from(text), 'here')).toBe(text);
  }
});

test.each([
  ['a lone continuation byte', [0x61, 0x80], 1, '80'],
  ['a sequence cut by the end', [0x61, 0xe7, 0x8c], 1, 'e7'],
  ['a sequence cut by another letter', [0xc3, 0x28], 0, 'c3'],
  ['an overlong slash', [0x62, 0xc0, 0xaf], 1, 'c0'],
  ['a surrogate', [0xed, 0xa0, 0x80], 0, 'ed'],
  ['beyond the last code point', [0xf4, 0x90, 0x80, 0x80], 0, 'f4'],
  ['Latin-1 after valid text', [...Buffer.from('猫 caf'), 0xe9, 0x20], 7, 'e9'],
])('%s is told with its offset', (_, bytes, offset, value) => {
  expect(() => decodeUtf8(Uint8Array.from(bytes), 'line 3')).toThrow(
    `Cannot read line 3: it is not UTF-8 (byte 0x${value} at byte offset ${offset}).`,
  );
});

test('all before the offset is text, and the byte there is not the start of more', () => {
  const strict = new TextDecoder('utf-8', { fatal: true });
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 24 }), (bytes) => {
      try {
        decodeUtf8(bytes, 'x');
        strict.decode(bytes);
      } catch (error) {
        const offset = Number(/offset (\d+)/.exec((error as Error).message)?.[1]);
        strict.decode(bytes.subarray(0, offset));
        for (let end = offset + 1; end <= bytes.length; end++) {
          expect(() => strict.decode(bytes.subarray(0, end))).toThrow();
        }
      }
    }),
  );
});
