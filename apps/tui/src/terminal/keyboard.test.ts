// Keys from a terminal in raw mode.
import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { KeyInput } from './decode-keys.js';
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
  const inputs: KeyInput[] = [];
  const keyboard = new Keyboard(source, (input) => inputs.push(input));
  keyboard.open();
  return { source, inputs, keyboard };
}

test('an escape is the key only when nothing follows it soon', () => {
  const { source, inputs } = opened();
  source.emit('data', '\u001b');
  vi.advanceTimersByTime(10);
  source.emit('data', '[A');
  vi.advanceTimersByTime(1000);
  source.emit('data', 'x\u001b');
  vi.advanceTimersByTime(1000);
  expect(inputs).toEqual([{ key: '<up>' }, { key: 'x' }, { key: '<escape>' }]);
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
