// What terminals send for keys, however it is cut into chunks; and the terminal is given back.
import { EventEmitter } from 'node:events';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Keyboard } from './keyboard.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

class Source extends EventEmitter {
  readonly calls: string[] = [];
  setRawMode = (mode: boolean) => this.calls.push(`raw ${mode}`);
  setEncoding = () => {};
  pause = () => this.calls.push('pause');
  resume = () => this.calls.push('resume');
}

function opened() {
  const source = new Source();
  const inputs: unknown[] = [];
  const keyboard = new Keyboard(source, (input) => inputs.push('key' in input ? input.key : input));
  keyboard.open();
  return { source, inputs, keyboard };
}

function keysOf(...chunks: string[]): unknown[] {
  const { source, inputs, keyboard } = opened();
  for (const chunk of chunks) source.emit('data', chunk);
  keyboard.close();
  return inputs;
}

test.each([
  ['aä猫🐈', ['a', 'ä', '猫', '🐈']],
  ['\r\n\t', ['<enter>', '<newline>', '<tab>']],
  ['\u0003\u0004\u000c', ['<ctrl-c>', '<ctrl-d>', '<ctrl-l>']],
  ['\u007f\b\u001b[3~', ['<backspace>', '<backspace>', '<delete>']],
  ['\u001b[A\u001b[B\u001bOC\u001b[D', ['<up>', '<down>', '<right>', '<left>']],
  ['\u001b[H\u001b[F\u001b[1~\u001b[4~\u001bOH', ['<home>', '<end>', '<home>', '<end>', '<home>']],
  ['\u001b[5~\u001b[6~\u001b[Z', ['<page-up>', '<page-down>', '<shift-tab>']],
  ['\u001b[1;2C\u001b[1;2D\u001b[1;5D', ['<shift-right>', '<shift-left>', '<left>']],
  ['\u001b\r\u001bx', ['<alt-enter>', '<alt-x>']],
  ['\u001b[?62;4c\u001b[I\u001b[<0;1;1Mx', ['x']],
  ['\u001b[1;猫', ['[', '1', ';', '猫']],
])('%j', (sent, keys) => {
  expect(keysOf(sent)).toEqual(keys);
});

test('pasted text is one input, with line breaks as they are in text', () => {
  expect(keysOf('a\u001b[200~one\r\ntwo\rq\u001b[A\u001b[201~b')).toEqual([
    'a',
    { paste: 'one\ntwo\nq\u001b[A' },
    'b',
  ]);
});

test('an escape is the key only when nothing follows it soon', () => {
  const { source, inputs } = opened();
  source.emit('data', '\u001b');
  vi.advanceTimersByTime(10);
  source.emit('data', '[A');
  vi.advanceTimersByTime(1000);
  source.emit('data', 'x\u001b');
  vi.advanceTimersByTime(1000);
  expect(inputs).toEqual(['<up>', 'x', '<escape>']);
});

test('a paste may take its time, and what never becomes a key is dropped', () => {
  const { source, inputs } = opened();
  source.emit('data', '\u001b[200~one');
  vi.advanceTimersByTime(1000);
  source.emit('data', ' two\u001b[201~');
  source.emit('data', `\u001b[${'1;'.repeat(40)}`);
  vi.advanceTimersByTime(1000);
  source.emit('data', 'A');
  expect(inputs).toEqual([{ paste: 'one two' }, 'A']);
});

test('the cut into chunks does not matter', () => {
  const piece = fc.constantFrom(
    'a',
    '猫',
    '\r',
    '\u001b[A',
    '\u001b[1;2C',
    '\u001b[200~x\ry\u001b[201~',
    '\u001b[3~',
  );
  fc.assert(
    fc.property(fc.array(piece), fc.array(fc.nat({ max: 40 })), (pieces, cuts) => {
      const sent = pieces.join('');
      const bounds = [0, ...cuts.map((cut) => Math.min(cut, sent.length)).sort((a, b) => a - b), sent.length];
      expect(keysOf(...bounds.slice(1).map((end, i) => sent.slice(bounds[i], end)))).toEqual(keysOf(sent));
    }),
  );
});

test('the terminal is given back, once', () => {
  const { source, inputs, keyboard } = opened();
  source.emit('data', '\u001b');
  keyboard.close();
  keyboard.close();
  source.emit('data', 'x');
  vi.advanceTimersByTime(1000);
  expect(inputs).toEqual([]);
  expect(source.calls).toEqual(['raw true', 'resume', 'raw false', 'pause']);
});
