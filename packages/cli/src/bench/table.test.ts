// Rows of numbers: aligned, and folded alike where a terminal is narrow.
import { expect, test } from 'vitest';
import { type Column, tableLine } from './table.js';

const columns: readonly Column[] = [
  { heading: 'length', width: 6 },
  { heading: 'system', width: 8, align: 'left' },
  { heading: 'gaps', width: 5 },
  { heading: 'ms', width: 5 },
];
const cells = ['128', 'maria', '63', '1.59'];

test('a line a row', () => {
  expect(tableLine(columns)).toBe('length  system     gaps     ms');
  expect(tableLine(columns, cells)).toBe('   128  maria        63   1.59');
});

test('folds between the same columns in every row', () => {
  expect(tableLine(columns, undefined, 25)).toBe('length  system     gaps\n     ms');
  expect(tableLine(columns, cells, 25)).toBe('   128  maria        63\n   1.59');
  const lines = tableLine(columns, cells, 16).split('\n');
  expect(lines).toEqual(['   128  maria', '     63   1.59']);
  expect(tableLine(columns, cells, 1).split('\n')).toHaveLength(4);
});
