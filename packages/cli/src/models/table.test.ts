// The columns of a table.
import { describe, expect, it } from 'vitest';
import { table } from './table.js';

describe('table', () => {
  it('makes columns as wide as they need to be', () => {
    expect(
      table(
        ['A', 'B'],
        [
          ['long', 'x'],
          ['s', ''],
        ],
      ),
    ).toEqual(['A     B', 'long  x', 's']);
  });
});
