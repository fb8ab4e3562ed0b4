// Weights in files and in memory: every storage type, first rows only, shared, linked, spread over folders, and wrong.
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  input,
  int32,
  numberOfElements,
  ops,
  type StorageDType,
  type StoredTensor,
  storageBytes,
  trace,
  type WeightSource,
  weight,
  weightsInMemory,
} from '@maria/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lower } from './lower.js';
import { expectAsReference, normals } from './lowered.test.support.js';

let folder: string;
beforeAll(() => {
  folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'maria-weights-')));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Small integers: exact in every storage type, but their sums are large, so that results are compared less closely. */
const numbers = (shape: readonly number[]) =>
  Float32Array.from({ length: numberOfElements(shape) }, (_, i) => ((i * 7) % 17) - 8);

/** Bits of a small integer in a storage type. */
function encode(value: number, dtype: StorageDType): Uint8Array {
  const bits = new Uint32Array(Float32Array.of(value).buffer)[0]!;
  if (dtype === 'float32') return new Uint8Array(Uint32Array.of(bits).buffer);
  if (dtype === 'bfloat16') return new Uint8Array(Uint16Array.of(bits >>> 16).buffer);
  const half =
    value === 0
      ? 0
      : ((bits >>> 16) & 0x8000) |
        (((bits >>> 23) - (value < 0 ? 256 : 0) - 112) << 10) |
        ((bits >>> 13) & 0x3ff);
  return new Uint8Array(Uint16Array.of(half).buffer);
}

/** Writes a tensor after `offset` bytes of something else, and says where it is. */
function stored(
  name: string,
  shape: number[],
  dtype: StorageDType,
  file: string,
  offset: number,
): StoredTensor {
  const body = Buffer.concat([...numbers(shape)].map((value) => encode(value, dtype)));
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, Buffer.concat([Buffer.alloc(offset, 0xff), body, Buffer.alloc(8, 0xff)]));
  return {
    name,
    dtype,
    shape,
    location: { kind: 'file', file, offset, length: numberOfElements(shape) * storageBytes[dtype] },
  };
}

function sourceOf(...tensors: StoredTensor[]): WeightSource {
  const byName = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  return {
    get: (name) => byName.get(name),
    names: () => byName.keys(),
    read: (name, length) => numbers(byName.get(name)!.shape).subarray(0, length),
  };
}

const x = input('x', [1, 'time', 4]);
const runs = [{ x: normals([1, 3, 4], 1) }, { x: normals([1, 1, 4], 2) }];

describe('weights', () => {
  it.each(['float32', 'float16', 'bfloat16'] as const)(
    'of %s in a file, all rows and the first rows',
    async (dtype) => {
      const weights = sourceOf(stored('w', [6, 4], dtype, path.join(folder, dtype, 'model.safetensors'), 24));
      const w = weight('w', [6, 4]);
      const firstRows = weight('w', [5, 4]);
      await expectAsReference({ all: ops.linear(x, w), some: ops.linear(x, firstRows) }, runs, { weights });
    },
  );

  it.each(['float32', 'float16', 'bfloat16'] as const)(
    'a %s table that embeds and projects is one initializer',
    async (dtype) => {
      const weights = sourceOf(
        stored('table', [5, 4], dtype, path.join(folder, dtype, 'tied.safetensors'), 8),
      );
      const ids = input('ids', [1, 'time'], 'int32');
      const y = ops.linear(ops.embedding(ids, weight('table', [5, 4])), weight('table', [5, 4]));
      const { model } = lower(trace({ y }), weights);
      expect(Buffer.from(model).toString('latin1').split('tied.safetensors')).toHaveLength(2);
      await expectAsReference(y, [{ ids: int32([0, 4, 2], [1, 3]) }], { weights });
    },
  );

  it('in memory', async () => {
    const weights = weightsInMemory({ w: { shape: [6, 4], data: numbers([6, 4]) } });
    expect(lower(trace({ y: ops.linear(x, weight('w', [6, 4])) }), weights)).not.toHaveProperty(
      'externalDataFolder',
    );
    await expectAsReference(ops.linear(x, weight('w', [2, 4])), runs, { weights });
  });

  it('in a Hugging Face cache, where files are links', async () => {
    const blobs = path.join(folder, 'hub/blobs');
    const snapshot = path.join(folder, 'hub/snapshots/abc');
    mkdirSync(snapshot, { recursive: true });
    const tensors = ['a', 'b'].map((name) => {
      const blob = stored(name, [4, 4], 'float32', path.join(blobs, `blob-${name}`), 16);
      const link = path.join(snapshot, `${name}.safetensors`);
      symlinkSync(`../../blobs/blob-${name}`, link);
      return { ...blob, location: { ...blob.location, file: link } as StoredTensor['location'] };
    });
    const y = ops.linear(ops.linear(x, weight('a', [4, 4])), weight('b', [4, 4]));
    expect(lower(trace({ y }), sourceOf(...tensors)).externalDataFolder).toBe(blobs);
    await expectAsReference(y, runs, { weights: sourceOf(...tensors), tolerance: 5e-5 });
  });

  it('in folders of their own', async () => {
    const weights = sourceOf(
      stored('a', [4, 4], 'float32', path.join(folder, 'apart/ä b/a.safetensors'), 16),
      stored('b', [4, 4], 'float16', path.join(folder, 'apart/b/deeper/b.safetensors'), 32),
    );
    const y = ops.linear(ops.linear(x, weight('a', [4, 4])), weight('b', [4, 4]));
    expect(lower(trace({ y }), weights).externalDataFolder).toBe(path.join(folder, 'apart'));
    await expectAsReference(y, runs, { weights, tolerance: 5e-5 });
  });

  it('names what is missing or has another shape', () => {
    const file = path.join(folder, 'wrong.safetensors');
    const source = sourceOf(stored('w', [6, 4], 'float32', file, 0));
    const lowerWith =
      (shape: number[], name = 'w') =>
      () =>
        lower(trace({ y: weight(name, shape) }), source);
    expect(lowerWith([6, 4], 'v')).toThrow('Cannot load the weights: there is no tensor "v".');
    expect(lowerWith([7, 4])).toThrow(
      'Cannot load the weights: tensor "w" is [6, 4], the program asks for [7, 4].',
    );
    expect(lowerWith([6, 3])).toThrow('tensor "w" is [6, 4], the program asks for [6, 3]');
    expect(lowerWith([24])).toThrow('tensor "w" is [6, 4], the program asks for [24]');
    rmSync(file);
    expect(lowerWith([6, 4])).toThrow(`Cannot load the weights: "${file}" cannot be read.`);
  });

  it('says that weights in memory beyond the limit of protobuf belong in a file', () => {
    const shape = [2 ** 15, 2 ** 14];
    const huge: StoredTensor = {
      name: 'huge',
      dtype: 'float32',
      shape,
      location: { kind: 'memory', bytes: new Uint8Array(0) },
    };
    expect(() => lower(trace({ y: weight('huge', shape) }), sourceOf(huge))).toThrow(
      'Cannot load the weights: "huge" brings those held in memory to 2147483648 bytes, ONNX takes 2080374784.',
    );
  });
});
