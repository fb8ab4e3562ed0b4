// NaN and infinity in weights: found at their element in each dtype and alignment, integers skipped.
import type { StoredTensor, WeightSource } from '@maria/core';
import { describe, expect, it } from 'vitest';
import { checkFinite, findNonFinite } from './find-non-finite.js';
import { temporaryFolder, writeRaw } from './raw-files.test.support.js';
import { openSafetensors } from './safetensors.js';

const folder = temporaryFolder();

/** A file of one tensor of 16-bit words. */
function words(dtype: 'F16' | 'BF16', values: Uint16Array): WeightSource {
  const header = `{"w":{"dtype":"${dtype}","shape":[${values.length}],"data_offsets":[0,${values.byteLength}]}}`;
  return openSafetensors(writeRaw(folder, 'words.safetensors', header, new Uint8Array(values.buffer)));
}

function inMemory(bytes: Uint8Array, count: number): WeightSource {
  const tensor: StoredTensor = {
    name: 'w',
    dtype: 'float32',
    shape: [count],
    location: { kind: 'memory', bytes },
  };
  return { names: () => ['w'], get: () => tensor, read: () => new Float32Array(count) };
}

describe('findNonFinite', () => {
  it('finds the element in each half of a word, in the odd last one, and beyond the first piece', async () => {
    for (const [dtype, infinity, largest] of [
      ['F16', 0x7c00, 0x7bff],
      ['BF16', 0x7f80, 0x7f7f],
    ] as const) {
      for (const index of [0, 1, 6, 2 ** 21, 2 ** 21 + 1, 2 ** 22 + 2]) {
        const values = new Uint16Array(index < 7 ? 7 : 2 ** 22 + 3).fill(largest);
        expect(await findNonFinite(words(dtype, values))).toBeUndefined();
        values[index] = infinity | 0x8000;
        expect(await findNonFinite(words(dtype, values))).toEqual({
          name: 'w',
          index,
          value: Number.NEGATIVE_INFINITY,
        });
        values[index] = infinity | 1;
        expect(await findNonFinite(words(dtype, values))).toEqual({ name: 'w', index, value: Number.NaN });
      }
    }
  });

  it('reads float32 in memory, at any alignment', async () => {
    for (const shift of [0, 1, 2]) {
      const data = Float32Array.of(3.4e38, -0, 1e-45, Number.POSITIVE_INFINITY, Number.NaN);
      const bytes = new Uint8Array(data.byteLength + shift);
      bytes.set(new Uint8Array(data.buffer), shift);
      const found = await findNonFinite(inMemory(bytes.subarray(shift), 5));
      expect(found).toEqual({ name: 'w', index: 3, value: Number.POSITIVE_INFINITY });
      expect(await findNonFinite(inMemory(bytes.subarray(shift, shift + 12), 3))).toBeUndefined();
    }
  });

  it('looks at the named tensors only, and skips integers unless they are named', async () => {
    const data = Buffer.alloc(12);
    data.writeFloatLE(Number.NaN, 0);
    const file = writeRaw(
      folder,
      'two.safetensors',
      '{"bad":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"ids":{"dtype":"I64","shape":[1],"data_offsets":[4,12]}}',
      data,
    );
    const weights = openSafetensors(file);
    expect(await findNonFinite(weights, [])).toBeUndefined();
    expect(await findNonFinite(weights)).toMatchObject({ name: 'bad' });
    await expect(findNonFinite(weights, ['ids'])).rejects.toThrow(/its type is I64/);
    await expect(findNonFinite(weights, ['none'])).rejects.toThrow(/no such tensor/);
    await expect(checkFinite('the MLM', weights)).rejects.toThrow(
      'Cannot use the MLM: tensor "bad" holds NaN at element 0.',
    );
  });
});
