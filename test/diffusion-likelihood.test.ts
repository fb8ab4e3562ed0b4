// How probable texts are to a denoiser and a sampler: DUEL as its goldens have it, by the names of samplers; and bounds, whatever is drawn.
import { type DenoiserModel, loadDenoiser } from '@maria/checkpoints';
import { type DiffusionLikelihoodOptions, diffusionLikelihood, duel } from '@maria/core';
import { afterAll, describe, expect, test } from 'vitest';
import { scoreEntropy } from '../packages/core/src/decode/diffusion/bounds.js';
import { Canvas } from '../packages/core/src/decode/diffusion/canvas.js';
import { defaultEnd } from '../packages/core/src/decode/diffusion/confidence-order.js';
import { fillCounts, logLinear } from '../packages/core/src/decode/diffusion/schedules.js';
import { denoiserFolder, diffusionJson } from './diffusion-goldens.js';
import { goldenFolder } from './golden-files.js';

interface Duels {
  readonly cases: readonly {
    readonly ids: number[];
    readonly masked: number[];
    readonly runs: readonly {
      readonly policy: string;
      readonly schedule: number[];
      readonly suppress: number[];
      readonly loglik: number;
    }[];
  }[];
}

const loaded = new Map<string, Promise<DenoiserModel>>();
function load(name: string): Promise<DenoiserModel> {
  const borrows = name === 'mdlm' || name === 'sedd';
  const model =
    loaded.get(name) ??
    loadDenoiser({
      denoiser: denoiserFolder(name),
      threads: 1,
      ...(borrows && { tokenizer: `${goldenFolder}tokenizer_ar` }),
    });
  loaded.set(name, model);
  return model;
}
afterAll(async () => {
  for (const model of loaded.values()) (await model).dispose();
});

/** The model, whose tokenizer names these ids as the ones that are never sampled. */
function suppressing(model: DenoiserModel, suppress: readonly number[]): DenoiserModel {
  const { vocabulary, vocabularySize: size } = model;
  return { ...model, vocabulary: { ...vocabulary, specialIds: new Set(suppress), size } };
}

const samplers: Readonly<Record<string, DiffusionLikelihoodOptions>> = {
  left_to_right: { sampler: 'low-confidence', blockLength: 1 },
  confidence: { sampler: 'low-confidence' },
};

describe('exact samplers', () => {
  test.each(['llada', 'dream', 'a2d_qwen3'])('%s has the likelihoods of its goldens', async (name) => {
    const model = await load(name);
    let compared = 0;
    for (const { ids, masked, runs } of diffusionJson<Duels>(`duel/${name}`).cases)
      for (const { policy, schedule, suppress, loglik } of runs) {
        if (schedule.length !== masked.length || !samplers[policy]) continue;
        const text = Int32Array.from(ids);
        const found = await diffusionLikelihood(suppressing(model, suppress), text, masked, samplers[policy]);
        expect(Math.abs(found - loglik)).toBeLessThan(1e-4);
        compared++;
      }
    expect(compared).toBe(8);
  });

  test.each([
    ['maskgit-plus', 'confidence'],
    ['entropy', 'entropy'],
    ['margin', 'margin'],
  ] as const)('%s fills as many in a step as Dream does', async (sampler, policy) => {
    const model = suppressing(await load('dream'), [0, 1]);
    for (const { ids, masked } of diffusionJson<Duels>('duel/dream').cases) {
      const expected = await duel(model.denoiser, ids, masked, {
        policy,
        counts: fillCounts(masked.length, masked.length, defaultEnd),
        filter: () => (logits) => logits.fill(-Infinity, 0, 2),
      });
      const found = await diffusionLikelihood(model, Int32Array.from(ids), masked, { sampler });
      expect(found).toBeCloseTo(expected.logLikelihood, 6);
    }
  });

  test('steps are shared out as the sampler does, and in one step all samplers agree', async () => {
    const llada = await load('llada');
    const [{ ids, masked, runs }] = diffusionJson<Duels>('duel/llada').cases as [Duels['cases'][number]];
    const { loglik, suppress } = runs.find(
      ({ policy, schedule, suppress }) =>
        policy === 'confidence' && schedule.length === 4 && suppress.length > 0,
    )!;
    const model = suppressing(llada, suppress);
    const text = Int32Array.from(ids);
    const inFour = await diffusionLikelihood(model, text, masked, { sampler: 'low-confidence', steps: 4 });
    expect(Math.abs(inFour - loglik)).toBeLessThan(1e-4);
    const atOnce = await diffusionLikelihood(model, text, masked, { sampler: 'low-confidence', steps: 1 });
    const topk = await diffusionLikelihood(model, text, masked, { sampler: 'topk-mask', steps: 1 });
    expect(topk).toBeCloseTo(atOnce, 6);
    expect(Math.abs(atOnce - inFour)).toBeGreaterThan(0.1);
  });
});

describe('bounds', () => {
  test('two tokens: the mean of both orders', async () => {
    const llada = await load('llada');
    const model = suppressing(llada, [llada.denoiser.maskId]);
    const [{ ids, masked }] = diffusionJson<Duels>('duel/llada').cases as [Duels['cases'][number]];
    const [a, b] = masked as [number, number];
    const scored = async (positions: number[]) => {
      const found = await duel(model.denoiser, ids, positions, {
        policy: 'left-to-right',
        counts: [positions.length],
        filter: () => (logits) => {
          logits[model.denoiser.maskId] = -Infinity;
        },
      });
      return found.logLikelihood;
    };
    const both = await scored([a, b]);
    const expected = (both + (await scored([a])) + (await scored([b]))) / 2;
    const given = { sampler: 'origin', draws: 256 } as const;
    const found = await diffusionLikelihood(model, Int32Array.from(ids), [a, b], given);
    expect(Math.abs(found - expected)).toBeLessThan(0.05 * Math.abs(expected));
    // Of other draws, and the same of the same.
    const other = await diffusionLikelihood(model, Int32Array.from(ids), [a, b], { ...given, seed: 1 });
    expect(other).not.toBe(found);
    const again = await diffusionLikelihood(model, Int32Array.from(ids), [a, b], given);
    expect(again).toBe(found);
  });

  test('score entropy of one token: the mean over times', async () => {
    const sedd = await load('sedd');
    const { denoiser } = sedd;
    const ids = Int32Array.of(5, 9, 33, 21);
    let expected = 0;
    const points = 200;
    for (let i = 0; i < points; i++) {
      const t = (i + 0.5) / points;
      const hidden = Int32Array.from(ids);
      hidden[2] = denoiser.maskId;
      const canvas = new Canvas(denoiser, hidden, [2]);
      expected -= (logLinear.maskChance(t) * (await scoreEntropy(canvas, ids, t))) / points;
    }
    const found = await diffusionLikelihood(suppressing(sedd, []), ids, [2], { draws: 2000 });
    expect(Math.abs(found - expected)).toBeLessThan(0.1 * Math.abs(expected));
  });
});

test('what cannot be scored says why', async () => {
  const mdlm = await load('mdlm');
  const { maskId } = mdlm.denoiser;
  await expect(diffusionLikelihood(mdlm, Int32Array.of(3, maskId, 5), [2])).rejects.toMatchObject({
    code: 'mask-in-text',
  });
  await expect(diffusionLikelihood(mdlm, Int32Array.of(3, maskId, 5), [1])).rejects.toMatchObject({
    code: 'id-excluded',
  });
  await expect(
    diffusionLikelihood(mdlm, Int32Array.of(3, 4, 5), [2], { sampler: 'analytic' }),
  ).rejects.toMatchObject({ code: 'sampler-unfit', exitStatus: 2 });
});
