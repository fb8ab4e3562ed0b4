// Text to cells and lines: wrapping, marks, colours, bars.
import { stripVTControlCharacters } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { tokenTexts } from '../text/token-texts.js';
import { widthOf } from '../text/width.js';
import { bar, slider, sparkline } from './bar.js';
import type { Cell } from './cell.js';
import { cellLines } from './cell-lines.js';
import { confidenceMark, isLightTerminal, themeOf } from './theme.js';

test('a character that is spread over tokens stands at the first of them', () => {
  const bytes = [[0x61], [0xf0, 0x9f], [0x90], [0x88], [0xe7, 0x8c]].map((part) => Uint8Array.from(part));
  const decode = (ids: readonly number[]) => Buffer.concat(ids.map((id) => bytes[id]!)).toString();
  const open =
    (...positions: number[]) =>
    (position: number) =>
      positions.includes(position);
  expect(tokenTexts([0, 1, 2, 3, 0], decode, open())).toEqual(['a', '🐈', '', '', 'a']);
  expect(tokenTexts([1, 2, 3], decode, open(2))).toEqual(['\uFFFD', '\uFFFD', '']);
  expect(tokenTexts([4, 0], decode, open())).toEqual(['\uFFFD', 'a']);
});

describe('cells', () => {
  const given = (text: string): Cell => ({ position: 0, kind: 'given', text });
  const filled = (text: string, confidence: number, more: Partial<Cell> = {}): Cell => ({
    position: 1,
    kind: 'filled',
    text,
    confidence,
    ...more,
  });
  const plain = (cells: Cell[], columns = 40, rows = 5) =>
    cellLines(cells, { columns, rows, theme: themeOf('none') }).shown;

  test('without colour have marks in place of it', () => {
    const cells: Cell[] = [
      given('The'),
      filled(' cat', 0.625),
      filled(' sat', 0.05, { isSelected: true }),
      filled(' on', 1, { isPinned: true }),
      { position: 4, kind: 'next', text: '' },
      { position: 5, kind: 'drafted', text: ' mat' },
      { position: 6, kind: 'masked', text: '' },
      given('.'),
    ];
    expect(plain(cells, 50).map((line) => stripVTControlCharacters(line))).toEqual([
      'The cat⁶ [sat⁰] ‹on›⁹ ▒▒▒ mat? ░░░.',
    ]);
  });

  test('with colour are as wide as their text', () => {
    const theme = themeOf('dark');
    const [line] = cellLines([filled(' cat', 0.625), filled(' sat', 0.2), filled(' on', 0.01)], {
      columns: 40,
      rows: 1,
      theme,
    }).shown;
    expect(line).toBe('\u001b[32mcat\u001b[39m \u001b[33msat\u001b[39m \u001b[31mon\u001b[39m');
  });

  test('break at the width and at line breaks, which are shown', () => {
    expect(
      plain(
        [given('one'), given(' two'), filled(' three', 0.5), given('\n'), filled('a\n\n', 0.9), given('b')],
        10,
      ),
    ).toEqual(['one two', 'three⁵↵', 'a↵⁹', '↵', 'b']);
  });

  test('of one word stay together where a line has room for it', () => {
    const cells = [
      given('one'),
      filled(' tw', 0.5),
      filled('o', 0.5),
      given(','),
      given(' abcdefghi'),
      given('jklm'),
    ];
    expect(plain(cells, 9)).toEqual(['one', 'tw⁵o⁵,', 'abcdefghi', 'jklm']);
    expect(plain(cells.slice(0, 4), 11)).toEqual(['one tw⁵o⁵,']);
  });

  test('are scrolled to the selected one', () => {
    const cells = Array.from({ length: 30 }, (_, i) =>
      filled(` w${i}`, 0.5, { position: i, isSelected: i === 20 }),
    );
    const lines = plain(cells, 8, 3);
    expect(lines).toHaveLength(3);
    expect(lines[1]).toContain('w20');
    expect(plain(cells.slice(0, 2), 8, 3)).toHaveLength(1);
  });

  test('are never wider than the screen', () => {
    const text = fc.string({ unit: fc.constantFrom('a', ' ', '\n', '猫', '\u001b', '\t') });
    fc.assert(
      fc.property(fc.array(text), fc.integer({ min: 6, max: 20 }), (texts, columns) => {
        for (const line of plain(
          texts.map((one) => filled(one, 0.5)),
          columns,
          100,
        ))
          expect(widthOf(line)).toBeLessThanOrEqual(columns);
      }),
    );
  });
});

test('confidence has ten marks', () => {
  expect([0, 0.099, 0.1, 0.95, 1].map(confidenceMark).join('')).toBe('⁰⁰¹⁹⁹');
});

test('a light terminal is told by COLORFGBG', () => {
  expect(
    ['0;15', '0;7', '15;0', '7;default;0', '', undefined].map((COLORFGBG) => isLightTerminal({ COLORFGBG })),
  ).toEqual([true, true, false, false, false, false]);
});

test('no theme sets a colour of the background, and none has a colour at all without colours', () => {
  for (const name of ['dark', 'light', 'none'] as const) {
    const painted = themeOf(name).paint('x', 'title', 'accent', 'high', 'low', 'selected', 'pinned', 'dim');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the codes are the subject
    const codes = [...painted.matchAll(/\u001b\[([\d;]+)m/g)].map(([, code]) => code!);
    expect(codes.filter((code) => /^(4|10)\d/.test(code))).toEqual([]);
    if (name === 'none') expect(codes.filter((code) => Number(code) >= 30)).toEqual([]);
  }
});

test('bars, sliders and small lines', () => {
  expect([bar(0, 4), bar(0.5, 4), bar(1, 4), bar(2, 4), bar(Number.NaN, 2), bar(1 / 16, 2)]).toEqual([
    '····',
    '██··',
    '████',
    '████',
    '··',
    '▏·',
  ]);
  expect([slider(0, 5, 5), slider(2, 5, 5), slider(4, 5, 5), slider(0, 1, 3)]).toEqual([
    '●────',
    '──●──',
    '────●',
    '●──',
  ]);
  expect([
    sparkline([1, 2, 3], 8),
    sparkline([5, 5], 8),
    sparkline([9, 1, 2, 3], 3),
    sparkline([], 3),
  ]).toEqual(['▁▅█', '▁▁', '▁▅█', '']);
});
