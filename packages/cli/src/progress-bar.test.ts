// The bar of a download: what it says, and that it is redrawn in place.
import { describe, expect, it } from 'vitest';
import { ProgressBar } from './progress-bar.js';

/** A bar whose lines are collected and whose clock is set by hand. */
function barOf(columns: number) {
  const lines: string[] = [];
  const clock = { time: 0 };
  const bar = new ProgressBar({ columns, write: (text) => lines.push(text), now: () => clock.time });
  const at = (time: number, received: number, total = 800 * 2 ** 20) => {
    clock.time = time;
    bar.show({ file: 'model.safetensors', all: { received, total } });
  };
  return { bar, lines, at };
}

const MiB = 2 ** 20;

describe('ProgressBar', () => {
  it('redraws one line, and not more often than one can read', () => {
    const { bar, lines, at } = barOf(80);
    at(0, 0);
    at(50, 10 * MiB);
    at(1000, 400 * MiB);
    bar.clear();
    expect(lines).toEqual([
      `\r${'░'.repeat(30)} 0% of 800 MiB  model.safetensors\u001b[K`,
      `\r${'█'.repeat(15)}${'░'.repeat(15)} 50% of 800 MiB, 400 MiB/s  model.safetensors\u001b[K`,
      '\r\u001b[K',
    ]);
  });

  it('tells the speed of the last seconds', () => {
    const { lines, at } = barOf(80);
    for (let second = 0; second <= 10; second++) at(second * 1000, second * MiB);
    for (let second = 11; second <= 20; second++) at(second * 1000, (10 + (second - 10) * 5) * MiB);
    expect(lines.at(-1)).toContain(', 5.00 MiB/s');
  });

  it('fits into a narrow terminal, and draws nothing it does not have to clear', () => {
    const { lines, at } = barOf(20);
    at(0, 0);
    expect(lines).toEqual(['\r0% of 800 MiB  mode\u001b[K']);
    const untouched = barOf(80);
    untouched.bar.clear();
    expect(untouched.lines).toEqual([]);
  });

  it('does not divide by a total that it does not know', () => {
    const { lines, at } = barOf(80);
    at(0, 0, 0);
    expect(lines[0]).toContain(' 0% of 0 B ');
  });
});
