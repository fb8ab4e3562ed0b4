// Memory of rows: how many fit into it, and arrays that are used again.
import { describe, expect, it } from 'vitest';
import { RowMemory, rowsAtOnce } from './kept-rows.js';

describe('rowsAtOnce', () => {
  it.each([
    [1, 4096, 64],
    [1, 50_304, 64],
    [16, 4096, 64],
    [16, 50_304, 20],
    [64, 50_304, 5],
    [64, 262_144, 1],
    [64, 1e6, 1],
  ])('of %i lanes and %i ids', (lanes, vocabularySize, rows) => {
    expect(rowsAtOnce(lanes, vocabularySize)).toBe(rows);
  });
});

describe('RowMemory', () => {
  it('gives an array again, to the same kind', () => {
    const memory = new RowMemory<'a' | 'b'>();
    const first = memory.take('a', 10);
    memory.giveBack('a', first);
    expect(memory.take('b', 10)).not.toBe(first);
    expect(memory.take('a', 8)).toBe(first);
    expect(memory.take('a', 8)).not.toBe(first);
  });

  it('has never more arrays than were in use at once, whatever their sizes', () => {
    const memory = new RowMemory<'a'>();
    const seen = new Set<Float32Array>();
    for (let size = 1; size <= 20; size++) {
      const both = [memory.take('a', size), memory.take('a', 20)];
      for (const array of both) {
        seen.add(array);
        memory.giveBack('a', array);
      }
    }
    // One of 20 from the start, and those that grew out of one of 1 until it was one of 20.
    expect([...seen].map(({ length }) => length)).toEqual([1, 20, 20]);
  });
});
