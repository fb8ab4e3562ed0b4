// The text of a completion while its tokens come.
import { expect, test } from 'vitest';
import { GrowingText } from './growing-text.js';

/** Ids are bytes. */
const vocabulary = {
  decode: (ids: ArrayLike<number>) => new TextDecoder().decode(Uint8Array.from(Array.from(ids))),
};
const pieces = (tokens: number[], segments: string[]) => ({
  segments,
  gaps: tokens.map((count) => ({ tokens: count, marker: '' })),
});

/** What is told at each byte, and at the end. */
function told(text: string, stop: string[] = []): string[] {
  const bytes = [...Buffer.from(text)];
  const growing = new GrowingText(pieces([bytes.length], ['a', 'z']), vocabulary, { whole: false, stop });
  return [...bytes.map((byte) => growing.add(0, byte)), growing.end(text)];
}

test('each token is told as it comes, and characters as wholes', () => {
  expect(told('ab')).toEqual(['a', 'b', '']);
  expect(told('é')).toEqual(['', 'é', '']);
  expect(told('a😀')).toEqual(['a', '', '', '', '😀', '']);
});

test('what may begin a stop sequence waits, and what follows one is not told', () => {
  expect(told('abcd', ['bc'])).toEqual(['a', '', '', '', '']);
  expect(told('abxbc', ['bc'])).toEqual(['a', '', 'bx', '', '', '']);
  expect(told('ab', ['bc'])).toEqual(['a', '', 'b']);
  expect(told('aab', ['aab', 'b'])).toEqual(['', '', '', '']);
});

test('of a text with gaps the text around them is told too', () => {
  const growing = new GrowingText(pieces([2, 1], ['<', '-', '>']), vocabulary, { whole: true, stop: [] });
  expect(growing.add(0, 97)).toBe('<a');
  expect(growing.add(0, 98)).toBe('b-');
  expect(growing.add(1, 99)).toBe('c>');
  expect(growing.end('<ab-c>')).toBe('');
  expect(growing.told).toBe('<ab-c>');
});
