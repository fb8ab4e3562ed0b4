// The line that is rewritten in place.
import { expect, test } from 'vitest';
import { statusLine } from './status-line.js';

function recorder(columns?: number) {
  const written: string[] = [];
  return { written, write: (text: string) => written.push(text), ...(columns !== undefined && { columns }) };
}

test('is rewritten in place, at most ten times a second, and taken away at the end', () => {
  let time = 0;
  const stream = recorder();
  const line = statusLine(stream, () => time);
  for (; time < 1000; time += 5) line.show(`at ${time}`);
  line.clear();
  line.clear();
  expect(stream.written).toHaveLength(11);
  expect(stream.written[0]).toBe('\r\u001b[2Kat 0');
  expect(stream.written[1]).toBe('\r\u001b[2Kat 100');
  expect(stream.written.at(-1)).toBe('\r\u001b[2K');
});

test('never wraps', () => {
  const stream = recorder(10);
  statusLine(stream, () => 0).show('123456789012345');
  expect(stream.written).toEqual(['\r\u001b[2K123456789']);
});
