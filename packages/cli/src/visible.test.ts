// Control characters are shown, not sent.
import { expect, test } from 'vitest';
import { paint } from './terminal.js';
import { visibleLine, visibleText } from './visible.js';

const hostile = 'x\u001b]0;PWN\u0007\u001b[2J\u009b2J\u007f\u2028\u2029\u202egnp.\u2066\0';
const shown = 'x\\u001b]0;PWN\\u0007\\u001b[2J\\u009b2J\\u007f\\u2028\\u2029\\u202egnp.\\u2066\\u0000';

test('in a line none stays', () => {
  expect(visibleLine(hostile)).toBe(shown);
  expect(visibleLine('two\r\nlines\t\u001b[31m')).toBe('two\\u000d\\u000alines\\u0009\\u001b[31m');
  expect(visibleLine('äöü — 漢字 😀 "\\"')).toBe('äöü — 漢字 😀 "\\"');
});

test('in a text its lines and our colours stay', () => {
  expect(visibleText(hostile)).toBe(shown);
  expect(visibleText('a\tb\r\nc\n')).toBe('a\tb\r\nc\n');
  expect(visibleText('over\rwritten')).toBe('over\\u000dwritten');
  for (const color of ['red', 'green', 'yellow'] as const)
    expect(visibleText(paint('text', color))).toBe(paint('text', color));
  expect(visibleText('\u001b[8mhidden\u001b[310m')).toBe('\\u001b[8mhidden\\u001b[310m');
});

test('JSON stays JSON of the same value', () => {
  const record = { text: hostile };
  expect(JSON.parse(visibleLine(JSON.stringify(record)))).toEqual(record);
  expect(JSON.parse(visibleText(JSON.stringify(record)))).toEqual(record);
});
