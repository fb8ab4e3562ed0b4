// What is said while a model is quantised: nothing of small ones, a line and a share of large ones.
import { expect, test } from 'vitest';
import { quantizeTeller } from './quantize-teller.js';

function told(total: number, parts: readonly number[]): string[] {
  const said: string[] = [];
  const tell = quantizeTeller((message) => said.push(message), {
    show: (text) => said.push(`[${text}]`),
    clear: () => said.push('[]'),
  });
  for (const done of parts) tell({ label: 'olmo', scheme: 'int4', done, total });
  return said;
}

test('a large model is announced once, followed, and its line is taken away', () => {
  expect(told(1.5e9, [0, 0.5e9, 1.499e9, 1.5e9])).toEqual([
    'Quantising olmo to int4, once: 1.50 billion parameters.',
    '[Quantising olmo: 33 %]',
    '[Quantising olmo: 99 %]',
    '[]',
  ]);
});

test('a small one is quantised before anybody wonders', () => {
  expect(told(1e7, [0, 5e6, 1e7])).toEqual([]);
});
