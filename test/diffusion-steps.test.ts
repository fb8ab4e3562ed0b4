// Single steps of samplers, schedules, bounds and exact likelihoods against their goldens.
import { runDenoiser } from '@maria/checkpoints';
import { referenceBackend } from '@maria/core';
import { backendNames, chooseBackend } from '@maria/kernels';
import { describe, expect, it } from 'vitest';
import { tokenProbabilities, unmaskingWeights } from '../packages/core/src/decode/diffusion/ancestral.js';
import { elboTerm, scoreEntropy } from '../packages/core/src/decode/diffusion/bounds.js';
import { Canvas } from '../packages/core/src/decode/diffusion/canvas.js';
import { logSoftmax } from '../packages/core/src/decode/diffusion/draw.js';
import { type DuelPolicy, duel } from '../packages/core/src/decode/diffusion/duel.js';
import { mostRemasked, remaskingWeights } from '../packages/core/src/decode/diffusion/remask.js';
import { shared } from '../packages/core/src/decode/diffusion/remdm-conf.js';
import { maskChanceOutside } from '../packages/core/src/decode/diffusion/remdm-loop.js';
import {
  evenQuotas,
  fillChances,
  fillCounts,
  keepChances,
  leftMasked,
  logLinear,
  roundedQuotas,
  timesOf,
} from '../packages/core/src/decode/diffusion/schedules.js';
import {
  denoisingWeights,
  logScores,
  stepWeights,
} from '../packages/core/src/decode/diffusion/score-steps.js';
import { isSlow } from './backends.js';
import {
  denoisers,
  diffusionJson,
  diffusionTensors,
  goldenNoise,
  openGoldenDenoiser,
} from './diffusion-goldens.js';
import { maxDifference } from './golden-files.js';

interface Transition {
  readonly sampler: string;
  readonly t: number;
  readonly dt: number;
  readonly table: string;
  readonly nucleus_p?: number;
  readonly eta?: number;
  readonly alpha_t?: number;
  readonly alpha_s?: number;
  readonly sigma?: number | readonly number[];
  readonly mask_chance_t?: number;
  readonly mask_chance_s?: number;
  readonly phase?: 'on' | 'loop' | 'off';
  readonly mask_weight?: readonly number[];
}

interface Transitions {
  readonly mask_id: number;
  readonly ids: number[];
  readonly masked: number[];
  readonly visible: number[];
  readonly original_ids: number[];
  readonly steps: readonly Transition[];
  readonly confidence: {
    readonly before: readonly (number | null)[];
    readonly after: readonly (number | null)[];
    readonly nucleus_p: number;
    readonly next_ids: readonly number[];
  };
  readonly elbo_term: { readonly t: number; readonly value: number };
  readonly score_entropy: { readonly t: number; readonly value: number };
}

/** Logits of the masked rows, in order. */
async function canvasOf(name: string, { ids, masked }: Pick<Transitions, 'ids' | 'masked'>) {
  const { denoiser } = await runDenoiser(referenceBackend(), await openGoldenDenoiser(name));
  const canvas = new Canvas(denoiser, ids, masked);
  const rows = async (sigma?: number) => {
    const found: Float32Array[] = [];
    await (await canvas.read(sigma)).each(masked, (_, logits) => found.push(logits.slice()));
    return found;
  };
  return { canvas, rows };
}

/** Float32 logits round probabilities by less. */
const within = 1e-6;
const all = (rows: readonly ArrayLike<number>[]) => rows.flatMap((row) => Array.from(row));

describe('mdlm', () => {
  const golden = diffusionJson<Transitions>('transitions/mdlm');
  const tables = diffusionTensors('transitions/mdlm');
  const { mask_id: maskId } = golden;

  it('says what each masked position may be (SUBS)', async () => {
    const { sequences } = diffusionJson<{ sequences: Record<string, { ids: number[]; masked: number[] }> }>(
      'goldens/mdlm',
    );
    for (const [name, sequence] of Object.entries(sequences)) {
      const rows = await (await canvasOf('mdlm', sequence)).rows();
      const expected = diffusionTensors('goldens/mdlm').floats(`${name}.subs_logprob`);
      const logs = rows.map((logits) => {
        logits[maskId] = -Infinity;
        return logSoftmax(logits);
      });
      const count = logs[0]!.length;
      logs.forEach((row, i) => {
        const own = expected.subarray(i * count, (i + 1) * count);
        expect(own[maskId]).toBeLessThan(-9e5);
        expect(maxDifference(row.subarray(0, maskId), own.subarray(0, maskId))).toBeLessThan(1e-4);
      });
    }
  });

  it('moves as the tables of ddpm and ReMDM say', async () => {
    const rows = await (await canvasOf('mdlm', golden)).rows();
    for (const step of golden.steps) {
      const { t, dt, nucleus_p: topP = 1 } = step;
      const probabilities = rows.map((logits) =>
        tokenProbabilities(logits.slice(), maskId, { temperature: 1, topP, topK: 0 }),
      );
      const weights = probabilities.map((p) => weightsOf(step, p, { t, s: t - dt }));
      const sums = weights.map((row) => row.reduce((sum, weight) => sum + weight, 0));
      const normalized = all(weights.map((row, i) => row.map((weight) => weight / sums[i]!)));
      expect(maxDifference(normalized, tables.floats(step.table)), step.table).toBeLessThan(within);
    }
  });

  function weightsOf(step: Transition, p: Float64Array, { t, s }: { t: number; s: number }): Float64Array {
    const { sampler, phase } = step;
    if (sampler === 'ddpm')
      return unmaskingWeights(p, maskId, { before: logLinear.maskChance(t), after: logLinear.maskChance(s) });
    if (sampler === 'ddpm_cache') return unmaskingWeights(p, maskId, { before: t, after: s });
    const chance = phase && maskChanceOutside(t, { on: 0.55, off: 0.05, alpha: 0.9 });
    expect(chance === undefined, step.table).toBe(phase === undefined || phase === 'loop');
    if (chance) return unmaskingWeights(p, maskId, { before: chance(t), after: chance(s) });
    const sigma = typeof step.sigma === 'number' ? step.sigma : 0;
    return remaskingWeights(p, maskId, { before: step.alpha_t!, after: step.alpha_s! }, sigma);
  }

  it('masks again with the chances of ReMDM', () => {
    for (const { sampler, alpha_t: before, alpha_s: after, eta, sigma } of golden.steps) {
      const alphas = { before: before!, after: after! };
      if (sampler === 'remdm_cap')
        expect(Math.min(eta!, mostRemasked(alphas))).toBeCloseTo(sigma as number, 9);
      if (sampler === 'remdm_rescale') expect(eta! * mostRemasked(alphas)).toBeCloseTo(sigma as number, 9);
      if (sampler !== 'remdm_conf') continue;
      const confidences = new Map(
        golden.confidence.before.flatMap((c, i) => (c === null ? [] : [[i, -c] as const])),
      );
      const chance = shared(confidences, mostRemasked(alphas));
      const expected = sigma as readonly number[];
      golden.visible.forEach((position, i) => {
        expect(chance(position), `${position}`).toBeCloseTo(expected[i]!, 7);
      });
    }
  });

  it('has the term of the bound', async () => {
    const { canvas } = await canvasOf('mdlm', golden);
    const { t, value } = golden.elbo_term;
    expect((await elboTerm(canvas, golden.original_ids, t)) / value).toBeCloseTo(1, 5);
  });
});

describe('sedd', () => {
  const golden = diffusionJson<Transitions>('transitions/sedd');
  const tables = diffusionTensors('transitions/sedd');
  const { mask_id: maskId, masked } = golden;

  it('moves as the tables of analytic and Euler steps say', async () => {
    const { rows } = await canvasOf('sedd', golden);
    for (const step of golden.steps) {
      const { sampler, t, dt } = step;
      const sigma = logLinear.sigma(t);
      const scores = (await rows(sigma)).map((logits) => logScores(logits, sigma, maskId));
      const sizes: Readonly<Record<string, number>> = {
        analytic: Math.expm1(sigma - logLinear.sigma(t - dt)),
        euler: dt * logLinear.rate(t),
      };
      const weights = scores.map((row) =>
        sampler === 'denoise'
          ? denoisingWeights(row, sigma, maskId)
          : stepWeights(row, sizes[sampler]!, maskId),
      );
      const expected = rowsOf(tables.floats(step.table), masked.length);
      for (const [i, row] of weights.entries()) {
        const mass = row.reduce((sum, weight, id) => sum + (id === maskId ? 0 : weight), 0);
        const isToken = (_: number, id: number) => id !== maskId;
        const tokens = maxDifference(row.filter(isToken), expected[i]!.filter(isToken));
        expect(tokens, step.table).toBeLessThan(within);
        // What is left of 1 has the rounding errors of all tokens together, of float32 logits.
        expect(Math.abs(row[maskId]! - expected[i]![maskId]!)).toBeLessThan(within * (1 + mass));
      }
    }
  });

  it('leaves to the mask what tokens with the weights of the tables leave', () => {
    const steps = golden.steps.filter(({ sampler }) => sampler !== 'denoise');
    for (const { sampler, t, dt, table, mask_weight: left = [] } of steps) {
      const sigma = logLinear.sigma(t);
      const size =
        sampler === 'analytic' ? Math.expm1(sigma - logLinear.sigma(t - dt)) : dt * logLinear.rate(t);
      for (const [i, row] of rowsOf(tables.floats(table), masked.length).entries()) {
        const scores = Float64Array.from(row, (weight) => Math.log(weight / size));
        const weights = stepWeights(scores, size, maskId);
        expect(Math.abs(weights[maskId]! - left[i]!)).toBeLessThan(within);
      }
    }
    expect(steps).not.toEqual([]);
  });

  function rowsOf(numbers: Float32Array, count: number): Float32Array[] {
    const columns = numbers.length / count;
    return Array.from({ length: count }, (_, i) => numbers.subarray(i * columns, (i + 1) * columns));
  }

  it('has the scores of each amount of noise', async () => {
    const { sigmas, sequences } = diffusionJson<{
      sigmas: number[];
      sequences: { mid: { ids: number[]; masked: number[] } };
    }>('goldens/sedd');
    const { ids } = sequences.mid;
    const { canvas } = await canvasOf('sedd', { ids, masked: ids.map((_, position) => position) });
    for (const [level, sigma] of sigmas.entries()) {
      const found: number[] = [];
      await (await canvas.read(sigma)).each(
        ids.map((_, position) => position),
        (position, logits) => {
          found.push(...logScores(logits, sigma, ids[position]!));
        },
      );
      const expected = diffusionTensors('goldens/sedd').floats(`mid.sigma${level}.log_score`);
      expect(maxDifference(found, expected)).toBeLessThan(1e-4);
    }
  });

  it('has the score entropy', async () => {
    const { canvas } = await canvasOf('sedd', golden);
    const { t, value } = golden.score_entropy;
    expect((await scoreEntropy(canvas, golden.original_ids, t)) / value).toBeCloseTo(1, 5);
  });
});

interface Schedules {
  readonly loglinear: readonly {
    t: number;
    sigma: number;
    rate: number;
    mask_chance: number;
    elbo_weight: number;
  }[];
  readonly times: readonly { steps: number; eps: number; t: number[] }[];
  readonly llada_quotas: readonly { masked: number; steps: number; quotas: number[] }[];
  readonly dllm_quotas: readonly { masked: number; steps: number; quotas: number[] }[];
  readonly dream_counts: readonly { masked: number; steps: number; eps: number; counts: number[] }[];
  readonly dream_origin: readonly { steps: number; eps: number; chances: number[] }[];
  readonly p2_remask: readonly { gap: number; steps: number; counts: number[] }[];
  readonly random_keep: readonly { steps: number; chances: number[] }[];
  readonly topk_mask: readonly { gap: number; steps: number; stay_masked: number[] }[];
  readonly remdm: {
    readonly etas: number[];
    readonly rows: readonly {
      alpha_t: number;
      alpha_s: number;
      cap: number[];
      rescale: number[];
      conf_factor: number;
    }[];
  };
  readonly remdm_loop: {
    readonly t_on: number;
    readonly t_off: number;
    readonly alpha_on: number;
    readonly rows: readonly {
      t: number;
      dt: number;
      phase: string;
      mask_chance_t: number | null;
      mask_chance_s: number | null;
    }[];
  };
  readonly uniform: readonly {
    seed: number;
    step: number;
    position: number;
    index: number;
    length: number;
    rows: number;
    u: number;
  }[];
}

it('schedules are those of the goldens', () => {
  const golden = diffusionJson<Schedules>('schedules');
  const near = (actual: number, expected: number) =>
    expect(Math.abs(actual - expected)).toBeLessThanOrEqual(1e-6 * Math.max(Math.abs(expected), 1e-3));
  const nearAll = (actual: readonly number[], expected: readonly number[]) => {
    expect(actual.length).toBe(expected.length);
    actual.forEach((x, i) => {
      near(x, expected[i]!);
    });
  };
  for (const { t, sigma, rate, mask_chance, elbo_weight } of golden.loglinear)
    nearAll(
      [logLinear.sigma(t), logLinear.rate(t), logLinear.maskChance(t), logLinear.boundWeight(t)],
      [sigma, rate, mask_chance, elbo_weight],
    );
  for (const { steps, eps, t } of golden.times) nearAll(timesOf(steps, eps), t);
  for (const { masked, steps, quotas } of golden.llada_quotas)
    expect(evenQuotas(masked, steps)).toEqual(quotas);
  for (const { masked, steps, quotas } of golden.dllm_quotas)
    expect(roundedQuotas(masked, steps)).toEqual(quotas);
  for (const { masked, steps, eps, counts } of golden.dream_counts)
    expect(fillCounts(masked, steps, eps)).toEqual(counts);
  for (const { steps, eps, chances } of golden.dream_origin) nearAll(fillChances(steps, eps), chances);
  for (const { gap, steps, counts } of golden.p2_remask) expect(leftMasked(gap, steps)).toEqual(counts);
  for (const { steps, chances } of golden.random_keep) nearAll(keepChances(steps), chances);
  for (const { gap, steps, stay_masked } of golden.topk_mask)
    expect(leftMasked(gap, steps).slice(0, -1)).toEqual(stay_masked);
  for (const { alpha_t: before, alpha_s: after, cap, rescale, conf_factor } of golden.remdm.rows) {
    const most = mostRemasked({ before, after });
    near(most, conf_factor);
    nearAll(
      golden.remdm.etas.map((eta) => Math.min(eta, most)),
      cap,
    );
    nearAll(
      golden.remdm.etas.map((eta) => eta * most),
      rescale,
    );
  }
  const { t_on: on, t_off: off, alpha_on: alpha, rows } = golden.remdm_loop;
  for (const { t, dt, mask_chance_t, mask_chance_s } of rows) {
    const chance = maskChanceOutside(t, { on, off, alpha });
    expect(chance === undefined).toBe(mask_chance_t === null);
    if (chance) nearAll([chance(t), chance(t - dt)], [mask_chance_t!, mask_chance_s!]);
  }
  for (const { seed, step, position, index, length, rows, u } of golden.uniform)
    near(goldenNoise(seed, { length, rows }).at(step, position)(index), u);
});

interface Duels {
  readonly subs: boolean;
  readonly mask_id: number;
  readonly cases: readonly {
    readonly ids: number[];
    readonly masked: number[];
    readonly runs: readonly {
      readonly policy: string;
      readonly schedule: number[];
      readonly suppress: number[];
      readonly loglik: number;
      readonly loglik_per_position: number[];
      readonly order: number[][];
    }[];
  }[];
}

describe.each(backendNames)('exact likelihoods on %s', (choice) => {
  // What each family computes is held to the goldens on each backend in denoisers.test.ts: where that is slow, two are enough.
  const tried = isSlow(choice) ? ['dream', 'mdlm'] : denoisers.filter((name) => name !== 'sedd');
  it.each(tried)('%s', async (name) => {
    const backend = await chooseBackend({ backend: choice });
    const { denoiser, dispose } = await runDenoiser(backend, await openGoldenDenoiser(name));
    const { subs, mask_id, cases } = diffusionJson<Duels>(`duel/${name}`);
    const tested = new Set<string>();
    for (const { ids, masked, runs } of cases)
      for (const { policy, schedule, suppress, loglik, loglik_per_position, order } of runs) {
        // Here one text of each policy is enough too.
        if (isSlow(choice) && tested.has(policy)) continue;
        tested.add(policy);
        const suppressed = subs ? [...suppress, mask_id] : suppress;
        const found = await duel(denoiser, ids, masked, {
          policy: policy.replaceAll('_', '-') as DuelPolicy,
          counts: schedule,
          filter: () => (logits) => {
            for (const id of suppressed) logits[id] = -Infinity;
          },
        });
        expect(found.order).toEqual(order);
        expect(Math.abs(found.logLikelihood - loglik)).toBeLessThan(1e-4);
        expect(maxDifference(found.perPosition, loglik_per_position)).toBeLessThan(1e-4);
      }
    dispose();
  });
});
