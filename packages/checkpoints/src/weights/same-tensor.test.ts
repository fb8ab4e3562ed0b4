// Two tensors are the same if their bytes are, however long they are and wherever they lie.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { openSafetensors } from './safetensors.js';
import { isSameTensor } from './same-tensor.js';
import { pieceBytes } from './tensor-pieces.js';
import { writeSafetensors } from './write-safetensors.js';

const root = mkdtempSync(join(tmpdir(), 'maria-same-'));
afterAll(() => rmSync(root, { recursive: true }));

it('compares all pieces', async () => {
  // Three pieces of a file, the last of them short.
  const length = pieceBytes / 2 + 5;
  const data = Float32Array.from({ length }, (_, i) => i);
  const file = join(root, 'model.safetensors');
  await writeSafetensors(file, [
    { name: 'a', shape: [length], data },
    { name: 'b', shape: [length], data },
    { name: 'other-end', shape: [length], data: data.with(-1, 0.5) },
    { name: 'row', shape: [1, length], data },
  ]);
  const { get } = openSafetensors(file);
  const same = (a: string, b: string, signal?: AbortSignal) => isSameTensor(get(a)!, get(b)!, signal);
  expect(await same('a', 'b')).toBe(true);
  expect(await same('a', 'a')).toBe(true);
  expect(await same('a', 'other-end')).toBe(false);
  expect(await same('a', 'row')).toBe(false);
  expect(await isSameTensor(get('a')!, { ...get('b')!, dtype: 'float16' })).toBe(false);
  await expect(same('a', 'b', AbortSignal.abort(new Error('stop')))).rejects.toThrow('stop');
});
