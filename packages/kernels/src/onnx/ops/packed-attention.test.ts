// Attention of packed sequences, in slots: numbers and bits of each alone, and lengths that are refused.
import { float32, type Inputs, input, int32, ops, trace, weightsInMemory } from '@maria/core';
import { describe, expect, it } from 'vitest';
import { ortBackend } from '../../ort/ort-backend.js';
import { expectAsReference, normals, ortBackends } from '../lowered.test.support.js';

const sizes = { heads: 3, headSize: 20 };
const width = sizes.heads * sizes.headSize;
const rows = (name: string) => input(name, [1, 'time', width]);
const program = (halfWindow?: number) =>
  ops.packedAttention(rows('q'), rows('k'), rows('v'), input('lengths', ['sequences'], 'int32'), {
    heads: sizes.heads,
    halfWindow,
  });

function inputsOf(lengths: readonly number[], seed = 1): Inputs {
  const time = lengths.reduce((a, b) => a + b, 0);
  const [q, k, v] = [0, 1, 2].map((i) => normals([1, time, width], seed + i));
  return { q: q!, k: k!, v: v!, lengths: int32([...lengths]) };
}

describe.each([undefined, 3])('packedAttention with %s positions on either side', (halfWindow) => {
  it('equals the reference for any number of sequences', async () => {
    const ragged = [[9], [1], [1, 1], [5, 2, 9], [3, 1, 4, 1, 5, 9, 2, 6], [2, 7], [4]];
    await expectAsReference(
      program(halfWindow),
      ragged.map((lengths) => inputsOf(lengths)),
    );
  });

  it.each([1, 2])('gives each the bits that it has alone, %d threads', async (threads) => {
    const executable = await ortBackend({ threads }).compile(
      trace({ y: program(halfWindow) }),
      weightsInMemory({}),
    );
    const lengths = [7, 1, 33, 2, 16];
    const packed = inputsOf(lengths);
    const together = (await executable.run(packed)).y!.data.slice();
    let first = 0;
    for (const length of lengths) {
      const cut = (from: Inputs[string]) =>
        float32(Float32Array.from(from.data.subarray(first * width, (first + length) * width)), [
          1,
          length,
          width,
        ]);
      const { y } = await executable.run({
        q: cut(packed.q!),
        k: cut(packed.k!),
        v: cut(packed.v!),
        lengths: int32([length]),
      });
      expect([...together.subarray(first * width, (first + length) * width)]).toEqual([...y!.data]);
      first += length;
    }
    executable.dispose();
  });
});

// Four blocks of 64 at once; five, the last of one row, or full; wider ones; and a row that sees itself only.
it.each([
  [256, 64],
  [257, 64],
  [320, 64],
  [410, 100],
  [260, 0],
])(
  'equals the reference for one sequence of %d rows, with %d positions on either side',
  async (length, halfWindow) => {
    await expectAsReference(program(halfWindow), [inputsOf([length])]);
  },
);

it.each(ortBackends)('refuses lengths that do not fit, and goes on: $name', async (backend) => {
  const executable = await backend.compile(trace({ y: program() }), weightsInMemory({}));
  const refused = (lengths: number[]) => executable.run({ ...inputsOf([4, 5]), lengths: int32(lengths) });
  await expect(refused([4, 4])).rejects.toThrow('the sequences of a run have 8 rows, and 9 are given');
  await expect(refused([9, 0])).rejects.toThrow('input "lengths" has 0 for sequence 1');
  await expect(refused(new Array(9).fill(1))).rejects.toThrow(
    'a run takes at most 8 sequences, and 9 are given',
  );
  await executable.run(inputsOf([4, 5]));
  executable.dispose();
});
