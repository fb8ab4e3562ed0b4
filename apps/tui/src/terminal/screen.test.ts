// What reaches the terminal: only what has changed, in its place; and the terminal is given back.
import { expect, test } from 'vitest';
import { Screen } from './screen.js';

function opened(rows = 3) {
  const terminal = {
    columns: 10,
    rows,
    written: '',
    write(text: string) {
      terminal.written += text;
    },
  };
  const screen = new Screen(terminal);
  screen.open();
  const taken = () => {
    const text = terminal.written.replaceAll('\u001b', '^');
    terminal.written = '';
    return text;
  };
  return { terminal, screen, taken };
}

test('opens the alternate screen, and closes it once', () => {
  const { screen, taken } = opened();
  expect(taken()).toBe('^[?1049h^[?25l^[?7l^[?2004h^[2J');
  screen.close();
  screen.close();
  expect(taken()).toBe('^[?2004l^[?7h^[?25h^[?1049l');
  screen.write('late');
  expect(taken()).toBe('');
});

test('draws the lines that have changed', () => {
  const { screen, taken } = opened();
  taken();
  screen.write('one\ntwo');
  expect(taken()).toBe('^[?2026h^[1;1H^[0m^[2Kone^[0m^[2;1H^[0m^[2Ktwo^[0m^[?2026l');
  screen.write('one\nTWO');
  expect(taken()).toBe('^[?2026h^[2;1H^[0m^[2KTWO^[0m^[?2026l');
  screen.write('one\nTWO');
  expect(taken()).toBe('');
  screen.write('one');
  expect(taken()).toBe('^[?2026h^[2;1H^[0m^[2K^[0m^[?2026l');
});

test('never draws below the last row', () => {
  const { screen, taken } = opened(2);
  taken();
  screen.write('1\n2\n3\n4');
  expect(taken()).not.toMatch(/3|4;1H/);
});

test('a clear screen gets the next frame whole, a repaint the last one', () => {
  const { screen, taken } = opened();
  screen.write('one\ntwo');
  taken();
  screen.clear();
  screen.write('one\ntwo');
  expect(taken()).toBe('^[2J^[?2026h^[1;1H^[0m^[2Kone^[0m^[2;1H^[0m^[2Ktwo^[0m^[?2026l');
  screen.repaint();
  expect(taken()).toBe('^[2J^[?2026h^[1;1H^[0m^[2Kone^[0m^[2;1H^[0m^[2Ktwo^[0m^[?2026l');
});
