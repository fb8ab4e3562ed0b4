// Buffers: aligned, growing, and new to the library exactly when they must be bound again.
import { describe, expect, it } from 'vitest';
import { alignedArray, TensorBuffer, valueOver } from './memory.js';
import { Resources } from './resources.js';
import { loadRuntime } from './runtime.js';

describe('memory', async () => {
  const runtime = await loadRuntime();

  it.each(['float32', 'int32', 'bool'] as const)('starts %s arrays at 64 bytes, zeroed', (dtype) => {
    for (const length of [0, 1, 3, 1000]) {
      const array = alignedArray(runtime, dtype, length);
      expect(array.length).toBe(length);
      expect(array.every((value) => value === 0)).toBe(true);
      if (length > 0) expect(runtime.addressOf(array) % 64n).toBe(0n);
    }
  });

  it('refuses a shape larger than its memory', () => {
    const array = alignedArray(runtime, 'float32', 5);
    expect(() => valueOver(runtime, array, 'float32', [2, 3])).toThrow('cannot hold float32 [2, 3]');
  });

  it('keeps its memory for smaller shapes and moves only to grow', () => {
    const buffer = new TensorBuffer(runtime, 'float32');
    expect(() => buffer.value).toThrow('no value before it has a shape');
    expect(buffer.reshape([10, 4])).toBe(true);
    const address = runtime.addressOf(buffer.data);
    const { value } = buffer;
    expect(buffer.reshape([10, 4])).toBe(false);
    expect(buffer.value).toBe(value);
    for (const shape of [[4, 10], [3], [], [0, 4], [10, 4]]) {
      expect(buffer.reshape(shape)).toBe(true);
      expect(buffer.data.length).toBe(shape.reduce((a, b) => a * b, 1));
      if (buffer.data.length > 0) expect(runtime.addressOf(buffer.data)).toBe(address);
    }
    buffer.reshape([11, 4]);
    const grown = runtime.addressOf(buffer.data);
    buffer.reshape([15, 4]);
    expect(runtime.addressOf(buffer.data)).toBe(grown);
    buffer.dispose();
    buffer.dispose();
    expect(buffer.reshape([15, 4])).toBe(true);
    buffer.dispose();
  });
});

describe('Resources', () => {
  it('releases once, the youngest first, and refuses use afterwards', () => {
    const released: string[] = [];
    const resources = new Resources('the test');
    for (const name of ['a', 'b', 'c']) resources.own(name, (value) => released.push(value));
    expect(resources.live(1)).toBe(1);
    resources.dispose();
    resources.dispose();
    expect(released).toEqual(['c', 'b', 'a']);
    expect(() => resources.live(1)).toThrow('Cannot use the test: it has been disposed of.');
  });
});
