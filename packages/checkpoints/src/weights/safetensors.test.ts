// Safetensors: dtypes read as float32, and every damaged, hostile or cut file refused with a DataError.
import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DataError } from '@maria/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { temporaryFolder, writeRaw } from './raw-files.test.support.js';
import { openSafetensors } from './safetensors.js';

const folder = temporaryFolder();

function openRaw(...parts: Parameters<typeof writeRaw> extends [string, string, ...infer P] ? P : never) {
  return openSafetensors(writeRaw(folder, 'case.safetensors', ...parts));
}

function one(fields: string): string {
  return `{"w":{${fields}}}`;
}

describe('openSafetensors', () => {
  it('locates tensors in the file and converts f32, f16 and bf16 to float32', () => {
    const data = Buffer.alloc(4 + 10 + 6);
    data.writeFloatLE(1.5, 0);
    // float16: 1, -2, smallest subnormal 2^-24, 65504, infinity
    [0x3c00, 0xc000, 0x0001, 0x7bff, 0x7c00].forEach((word, i) => {
      data.writeUInt16LE(word, 4 + 2 * i);
    });
    // bfloat16: 1, -0.5, 3.140625
    [0x3f80, 0xbf00, 0x4049].forEach((word, i) => {
      data.writeUInt16LE(word, 14 + 2 * i);
    });
    const header =
      '{"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]},' +
      '"h":{"dtype":"F16","shape":[5],"data_offsets":[4,14]},"b":{"shape":[3,1],"data_offsets":[14,20],"dtype":"BF16"}}   ';
    const weights = openRaw(header, data);
    expect([...weights.names()]).toEqual(['a', 'h', 'b']);
    expect(weights.metadata).toEqual(new Map([['format', 'pt']]));
    expect(weights.get('h')).toMatchObject({
      dtype: 'float16',
      shape: [5],
      location: { kind: 'file', offset: 8 + header.length + 4, length: 10 },
    });
    expect([...weights.read('a')]).toEqual([1.5]);
    expect([...weights.read('h')]).toEqual([1, -2, 2 ** -24, 65504, Number.POSITIVE_INFINITY]);
    expect([...weights.read('b')]).toEqual([1, -0.5, 3.140625]);
    expect([...weights.read('b', 2)]).toEqual([1, -0.5]);
    expect(weights.get('missing')).toBeUndefined();
    expect(() => weights.read('missing')).toThrow(
      /Cannot read tensor "missing": .*case.safetensors has no such tensor among its 3/,
    );
    expect(() => weights.read('b', 4)).toThrow(
      /Cannot read 4 elements of tensor "b".*it has 3, shape \[3, 1\]/,
    );
  });

  it('accepts names that are special to JavaScript, empty tensors and an empty file of tensors', () => {
    const weights = openRaw(
      '{"__proto__":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"constructor":{"dtype":"F32","shape":[0,7],"data_offsets":[1,1]}}',
      new Uint8Array([7]),
    );
    expect(weights.entries.get('__proto__')).toMatchObject({ dtype: 'U8', elements: 1 });
    expect([...weights.bytes('__proto__')]).toEqual([7]);
    expect(weights.read('constructor')).toHaveLength(0);
    expect(weights.get('toString')).toBeUndefined();
    expect(openRaw('{}').entries.size).toBe(0);
  });

  it('lists tensors of other types and refuses them as weights', () => {
    const weights = openRaw(one('"dtype":"I64","shape":[1],"data_offsets":[0,8]'), new Uint8Array(8));
    expect(weights.entries.has('w')).toBe(true);
    expect([...weights.names()]).toEqual([]);
    expect(() => weights.get('w')).toThrow(
      /Cannot use tensor "w" of .*: its type is I64; weights are F32, F16 or BF16/,
    );
    expect(() => weights.read('w')).toThrow(DataError);
  });

  it('gives the real path of a linked file', () => {
    const target = writeRaw(
      folder,
      'target.safetensors',
      one('"dtype":"F32","shape":[1],"data_offsets":[0,4]'),
      new Uint8Array(4),
    );
    const link = join(folder, 'link.safetensors');
    symlinkSync(target, link);
    expect(openSafetensors(link).get('w')?.location).toMatchObject({ file: target });
  });

  const f32 = '"dtype":"F32"';
  const wrong: [what: string, header: string | Uint8Array, dataBytes: number, message: RegExp][] = [
    ['no brace first', ` ${one(`${f32},"shape":[1],"data_offsets":[0,4]`)}`, 4, /does not start with "\{"/],
    ['text after the object', '{} x', 0, /unexpected text after/],
    ['an unclosed object', '{"w":{"dtype":"F32"', 0, /tensor "w": expected "}"/],
    ['not UTF-8', Uint8Array.of(0x7b, 0xff, 0x7d), 0, /not valid UTF-8/],
    [
      'a duplicate tensor',
      `{"w":{${f32},"shape":[0],"data_offsets":[0,0]},"w":{`,
      0,
      /tensor "w" appears twice/,
    ],
    [
      'a duplicate under an escape',
      `{"w":{${f32},"shape":[0],"data_offsets":[0,0]},"\\u0077":{`,
      0,
      /tensor "w" appears twice/,
    ],
    ['a duplicate field', one(`${f32},${f32}`), 0, /field "dtype" appears twice/],
    ['an unknown field', one(`${f32},"strides":[1]`), 0, /unknown field "strides"/],
    ['a missing field', one(`${f32},"shape":[1]`), 4, /tensor "w": data_offsets is missing/],
    [
      'one offset',
      one(`${f32},"shape":[1],"data_offsets":[0]`),
      4,
      /data_offsets is missing or is not two numbers/,
    ],
    ['three offsets', one(`${f32},"shape":[1],"data_offsets":[0,4,8]`), 4, /more than 2 numbers/],
    [
      'an unknown dtype',
      one('"dtype":"toString","shape":[1],"data_offsets":[0,4]'),
      4,
      /tensor "w": unknown dtype "toString"/,
    ],
    [
      'a negative offset',
      one(`${f32},"shape":[1],"data_offsets":[-4,0]`),
      4,
      /expected data_offsets as a whole number/,
    ],
    [
      'a negative length',
      one(`${f32},"shape":[-1],"data_offsets":[0,4]`),
      4,
      /expected shape as a whole number/,
    ],
    ['a fraction', one(`${f32},"shape":[1.0],"data_offsets":[0,4]`), 4, /expected shape as a whole number/],
    ['an exponent', one(`${f32},"shape":[1e3],"data_offsets":[0,4]`), 4, /expected shape as a whole number/],
    [
      'a number above 2^53',
      one(`${f32},"shape":[9007199254740993],"data_offsets":[0,4]`),
      4,
      /from 0 to 9007199254740991/,
    ],
    [
      'a number of many digits',
      one(`${f32},"shape":[${'9'.repeat(400)}],"data_offsets":[0,4]`),
      4,
      /expected shape/,
    ],
    [
      'an overflowing product',
      one(`${f32},"shape":[4294967296,4294967296],"data_offsets":[0,4]`),
      4,
      /too many elements/,
    ],
    ['deep nesting', `{"w":${'['.repeat(1_000_000)}`, 0, /tensor "w": expected "\{"/],
    ['deep nesting in a shape', one(`"shape":${'['.repeat(1_000_000)}`), 0, /tensor "w": expected shape/],
    [
      'a huge rank',
      one(`${f32},"shape":[${'1,'.repeat(64)}1],"data_offsets":[0,4]`),
      4,
      /more than 64 numbers/,
    ],
    [
      'metadata that is not text',
      '{"__metadata__":{"a":1}}',
      0,
      /expected the value of metadata key "a" as a string/,
    ],
    ['a control character in a name', '{"a\nb":1}', 0, /not a valid JSON string/],
    [
      'bytes that do not fit the shape',
      one(`${f32},"shape":[2],"data_offsets":[0,4]`),
      4,
      /span 4 bytes, but F32 \[2\] takes 8/,
    ],
    [
      'half a byte',
      one('"dtype":"F4","shape":[3],"data_offsets":[0,1]'),
      1,
      /span 1 bytes, but F4 \[3\] takes 1.5/,
    ],
    ['reversed offsets', one(`${f32},"shape":[1],"data_offsets":[4,0]`), 4, /end before they begin/],
    [
      'offsets beyond the data',
      one(`${f32},"shape":[2],"data_offsets":[0,8]`),
      4,
      /tensor "w".*beyond the 4 bytes of data/,
    ],
    [
      'bytes of no tensor at the end',
      one(`${f32},"shape":[1],"data_offsets":[0,4]`),
      5,
      /last 1 bytes belong to no tensor/,
    ],
    [
      'a hole',
      one(`${f32},"shape":[1],"data_offsets":[2,6]`),
      6,
      /bytes 0 to 2 before tensor "w" belong to no tensor/,
    ],
    [
      'an overlap',
      `{"a":{${f32},"shape":[2],"data_offsets":[0,8]},"b":{${f32},"shape":[1],"data_offsets":[4,8]}}`,
      8,
      /tensors "a" and "b" overlap at byte 4/,
    ],
  ];
  it.each(wrong)('refuses %s', (_what, header, dataBytes, message) => {
    const act = () => openRaw(header, new Uint8Array(dataBytes));
    expect(act).toThrow(message);
    expect(act).toThrow(DataError);
    expect(act).toThrow(/^Cannot read .*case\.safetensors: /);
  });

  it('keeps hostile names out of the terminal and short', () => {
    expect(() => openRaw(`{"\\u001b[31m\\u009b${'x'.repeat(1000)}":1}`)).toThrow(
      /tensor "\\u001b\[31m\\u009bx{1,80}…"/,
    );
  });

  it('refuses headers that are longer than the file or than the format allows', () => {
    expect(() => openRaw('{}', new Uint8Array(), 3n)).toThrow(/claims 3 bytes and only 2 follow/);
    expect(() => openRaw('{}', new Uint8Array(), 100_000_001n)).toThrow(
      /claims 100000001 bytes, the format allows 100000000/,
    );
    expect(() => openRaw('{}', new Uint8Array(), 2n ** 64n - 1n)).toThrow(
      /claims 18446744073709551615 bytes/,
    );
  });

  it('names what a file is when it is no safetensors file', () => {
    const file = join(folder, 'other.safetensors');
    writeFileSync(file, '');
    expect(() => openSafetensors(file)).toThrow(/other.safetensors: it is empty/);
    writeFileSync(file, 'abc');
    expect(() => openSafetensors(file)).toThrow(/it has only 3 bytes/);
    writeFileSync(file, 'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n');
    expect(() => openSafetensors(file)).toThrow(/it is a Git LFS pointer, not the weights/);
    expect(() => openSafetensors(join(folder, 'absent.safetensors'))).toThrow(
      /there is no such file or folder/,
    );
    mkdirSync(join(folder, 'folder.safetensors'));
    expect(() => openSafetensors(join(folder, 'folder.safetensors'))).toThrow(/it is not a regular file/);
  });

  it('notices at reading that the file has been cut since it was opened', () => {
    const file = writeRaw(
      folder,
      'cut.safetensors',
      one(`${f32},"shape":[2],"data_offsets":[0,8]`),
      new Uint8Array(8),
    );
    const weights = openSafetensors(file);
    truncateSync(file, 60);
    expect(() => weights.read('w')).toThrow(/cut.safetensors: it ends before byte/);
  });

  it('opens or refuses any damaged header with a DataError', () => {
    const header = `{"__metadata__":{"k":"v"},"a":{${f32},"shape":[1,2],"data_offsets":[0,8]},"b":{"dtype":"F16","shape":[2],"data_offsets":[8,12]}}`;
    const damage = fc.record({
      at: fc.nat(header.length - 1),
      remove: fc.nat(8),
      insert: fc.string({ unit: fc.constantFrom(...'{}[]",:0123456789-.eE\\ u'), maxLength: 4 }),
    });
    fc.assert(
      fc.property(damage, ({ at, remove, insert }) => {
        const damaged = header.slice(0, at) + insert + header.slice(at + remove);
        try {
          for (const { offset, length } of openRaw(damaged, new Uint8Array(12)).entries.values())
            expect(offset + length).toBeLessThanOrEqual(8 + damaged.length + 12);
        } catch (error) {
          expect(error).toBeInstanceOf(DataError);
        }
      }),
      { numRuns: 1500, seed: 1 },
    );
  });
});
