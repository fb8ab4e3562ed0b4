// Denoisers against their goldens on every backend: hidden states, logits of every position, and that every position sees the last.
import { runDenoiser } from '@maria/checkpoints';
import {
  type Backend,
  compileReference,
  constant,
  denoiserNames,
  float32,
  trace,
  Weights,
} from '@maria/core';
import { backendNames, chooseBackend } from '@maria/kernels';
import { beforeAll, describe, expect, it } from 'vitest';
import { dditCondition, dditModulations } from '../packages/core/src/models/ddit.js';
import { isSlow } from './backends.js';
import { denoisers, diffusionJson, diffusionTensors, openGoldenDenoiser } from './diffusion-goldens.js';
import { maxDifference } from './golden-files.js';

interface Golden {
  readonly shift: boolean;
  readonly mask_id: number;
  readonly rows: number;
  readonly sigmas?: readonly number[];
  readonly sequences: Readonly<
    Record<string, { ids: number[]; masked: number[]; witness: { ids: number[] } }>
  >;
}

const tolerance = 1e-4;

it('every family has goldens', async () => {
  const tested = await Promise.all(
    denoisers.map(async (name) => (await openGoldenDenoiser(name)).form.family),
  );
  expect([...new Set(tested)].sort()).toEqual([...denoiserNames].sort());
});

describe.each(backendNames)('%s', (choice) => {
  let backend: Backend;
  beforeAll(async () => {
    backend = await chooseBackend({ backend: choice });
  });

  it.each(denoisers)('%s', async (name) => {
    const golden = diffusionJson<Golden>(`goldens/${name}`);
    const tensors = diffusionTensors(`goldens/${name}`);
    const { denoiser, dispose, vocabulary } = await runDenoiser(backend, await openGoldenDenoiser(name));
    expect(denoiser.maskId).toBe(golden.mask_id);
    expect(vocabulary.maskId).toBe(golden.mask_id);
    expect(denoiser.vocabularySize).toBe(golden.rows);
    for (const [sequence, { ids, masked, witness }] of Object.entries(golden.sequences)) {
      const read = async (given: readonly number[], positions: readonly number[], sigma?: number) =>
        (await (await denoiser.read(Int32Array.from(given), { sigma })).logits(positions)).data;
      const all = ids.map((_, position) => position);
      const levels = golden.sigmas ?? [undefined];
      for (const [level, sigma] of levels.entries()) {
        const key = sigma === undefined ? sequence : `${sequence}.sigma${level}`;
        const expected = tensors.floats(`${key}.logits`);
        expect(maxDifference(await read(ids, all, sigma), expected)).toBeLessThan(tolerance);
        const rows = masked.flatMap((position) => [
          ...expected.subarray(position * golden.rows, (position + 1) * golden.rows),
        ]);
        expect(maxDifference(await read(ids, masked, sigma), rows)).toBeLessThan(tolerance);
      }
      const seen = await read(witness.ids, [1], golden.sigmas?.[0]);
      const key = golden.sigmas ? `${sequence}.sigma0` : sequence;
      expect(maxDifference(seen, tensors.floats(`${key}.witness_row1`))).toBeLessThan(tolerance);
    }
    dispose();
  });

  const sharing = isSlow(choice) ? ['mdlm', 'sedd'] : denoisers;
  it.each(sharing)('%s finds the same bits in texts that share passes', async (name) => {
    const { sequences, sigmas = [] } = diffusionJson<Golden>(`goldens/${name}`);
    const { denoiser, dispose } = await runDenoiser(backend, await openGoldenDenoiser(name));
    const texts = Object.values(sequences).flatMap(({ ids, masked }) =>
      // Of several lengths, and some at another amount of noise.
      [0, 1, 2, 3].map((cut) => ({
        ids: Int32Array.from(ids.slice(0, ids.length - cut)),
        positions: masked.filter((position) => position > 0 && position < ids.length - cut),
        sigma: sigmas[Math.floor(cut / 3)],
      })),
    );
    const read = async ({ ids, positions, sigma }: (typeof texts)[number]) =>
      (await (await denoiser.read(ids, { sigma })).logits(positions)).data;
    const together = await Promise.all(texts.map(read));
    for (const [i, text] of texts.entries()) expect(await read(text)).toEqual(together[i]);
    dispose();
  });
});

describe.each(denoisers)('%s', (name) => {
  it('has the hidden states that its output matrix multiplies', async () => {
    const golden = diffusionJson<Golden>(`goldens/${name}`);
    const tensors = diffusionTensors(`goldens/${name}`);
    const { program, weights } = await openGoldenDenoiser(name);
    const executable = compileReference(program, weights);
    for (const [sequence, { ids }] of Object.entries(golden.sequences))
      for (const [level, sigma] of (golden.sigmas ?? [undefined]).entries()) {
        const { hidden } = executable.runSync({
          ids: { dtype: 'int32', shape: [1, ids.length], data: Int32Array.from(ids) },
          lengths: { dtype: 'int32', shape: [1], data: Int32Array.of(ids.length) },
          positions: { dtype: 'int32', shape: [ids.length], data: Int32Array.from(ids.keys()) },
          asked: { dtype: 'int32', shape: [ids.length], data: Int32Array.from(ids.keys()) },
          ...(sigma !== undefined && { sigma: float32([sigma]) }),
        });
        const key = sigma === undefined ? sequence : `${sequence}.sigma${level}`;
        expect(maxDifference(hidden!.data, tensors.floats(`${key}.hidden`))).toBeLessThan(tolerance);
      }
  });
});

describe.each(['mdlm', 'sedd'])('%s', (name) => {
  it('is modulated by the noise as the goldens are', async () => {
    const tensors = diffusionTensors(`goldens/${name}`);
    const { sigmas } = diffusionJson<Golden>(`goldens/${name}`);
    const { checkpoint, architecture } = await openGoldenDenoiser(name);
    const weights = new Weights(checkpoint.weights, architecture.tensorNames);
    const {
      vocabularySize: rows,
      hiddenSize,
      layers: blocks,
      kvHeads: heads,
      maxLength,
    } = architecture.sizes;
    const config = { rows, hiddenSize, blocks, heads, maxLength, condSize: 16 };
    for (const [level, sigma] of (sigmas ?? [0]).entries()) {
      const condition = dditCondition(config, weights, constant(float32([sigma])));
      const {
        'blocks.0.scale1': scale1,
        'blocks.0.scale2': scale2,
        ...others
      } = dditModulations(config, weights, condition);
      const parts = ['shift1', 'gate1', 'shift2', 'gate2'].map((part) => [part, others[`blocks.0.${part}`]!]);
      const program = trace({ condition, scale1: scale1!, scale2: scale2!, ...Object.fromEntries(parts) });
      const computed = compileReference(program, checkpoint.weights).runSync({});
      const suffix = sigmas ? `.sigma${level}` : '';
      expect(maxDifference(computed.condition!.data, tensors.floats(`condition${suffix}`))).toBeLessThan(
        1e-5,
      );
      const expected = tensors.floats(`block0_modulation${suffix}`);
      ['shift1', 'scale1', 'gate1', 'shift2', 'scale2', 'gate2'].forEach((part, i) => {
        const vector = expected.slice(i * hiddenSize, (i + 1) * hiddenSize);
        const norm = checkpoint.weights.read(weights.resolve(`blocks.0.norm${part.at(-1)}.weight`)!);
        const scaled = vector.map((x, k) => (part.startsWith('scale') ? norm[k]! * (1 + x) : x));
        expect(maxDifference(computed[part]!.data, scaled), part).toBeLessThan(1e-5);
      });
    }
  });
});

interface TokenizerRow {
  readonly text: string;
  readonly ids: number[];
  readonly decoded: string;
}

it.each(denoisers.filter((name) => !['mdlm', 'sedd'].includes(name)))('the tokenizer of %s', async (name) => {
  const { vocabulary } = await openGoldenDenoiser(name);
  for (const { text, ids, decoded } of diffusionJson<{ rows: TokenizerRow[] }>(`tokenizers/${name}`).rows) {
    expect([...(await vocabulary.encode(text))], text).toEqual(ids);
    expect(vocabulary.decode(ids)).toBe(decoded);
  }
});
