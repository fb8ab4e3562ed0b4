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

  const rows = [
    ['allenai/OLMo-1B-0724-hf', 'main 0123abcd', '4.4 GiB', 'lacks model-00002-of-00002.safetensors'],
    ['a/b', '', '1 MiB', ''],
  ];
  const heading = ['MODEL', 'REVISION', 'SIZE', ''];

  it('folds its widest columns where a terminal has no room', () => {
    expect(table(heading, rows, 60)).toEqual([
      'MODEL              REVISION       SIZE',
      'allenai/OLMo-1B-   main 0123abcd  4.4 GiB  lacks',
      '0724-hf                                    model-00002-of-',
      '                                           00002.safetensors',
      'a/b                               1 MiB',
    ]);
  });

  it.each([40, 60, 79, 80])('is at most %d wide, and cuts nothing', (columns) => {
    const lines = table(heading, rows, columns);
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(columns);
    const letters = (text: string) => [...text.replaceAll(/\s/g, '')].sort().join('');
    expect(letters(lines.join(''))).toBe(letters([heading, ...rows].flat().join('')));
  });

  it('is a line a row where it goes into a pipe', () => {
    expect(table(heading, rows)).toHaveLength(3);
  });
});
