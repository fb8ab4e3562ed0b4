// Complete runs of samplers against their goldens, on every backend: the ids, and what each step did.
import { runDenoiser } from '@maria/checkpoints';
import type { Backend } from '@maria/core';
import { backendNames, chooseBackend } from '@maria/kernels';
import { beforeAll, describe, expect, it } from 'vitest';
import { Canvas } from '../packages/core/src/decode/diffusion/canvas.js';
import type { Noise } from '../packages/core/src/decode/diffusion/noise.js';
import type { SamplerOptions } from '../packages/core/src/decode/diffusion/sampler.js';
import { type SamplerName, samplers } from '../packages/core/src/decode/diffusion/samplers.js';
import { isSlow } from './backends.js';
import { denoisers, diffusionJson, goldenNoise, openGoldenDenoiser } from './diffusion-goldens.js';

type Committed = readonly [position: number, id: number, confidence?: number];
type TraceEntry =
  | readonly Committed[]
  | { readonly filled: readonly Committed[]; readonly remasked: readonly number[] };

interface Run {
  readonly sampler: 'llada' | 'dllm_infill' | 'dream' | 'p2' | 'random_keep' | 'topk_mask' | 'mdlm' | 'sedd';
  readonly kind?: 'ddpm' | 'ddpm_cache' | 'analytic' | 'euler';
  readonly alg?: 'maskgit_plus' | 'topk_margin' | 'entropy' | 'origin';
  readonly remdm?: {
    readonly sampler: 'cap' | 'rescale' | 'conf' | 'loop';
    readonly eta?: number;
    readonly t_on?: number;
    readonly t_off?: number;
    readonly alpha_on?: number;
  };
  readonly steps: number;
  readonly eps?: number;
  readonly block_length?: number;
  readonly block_size?: number;
  readonly temperature?: number;
  readonly top_p?: number;
  readonly top_k?: number;
  readonly nucleus_p?: number;
  readonly cfg_scale?: number;
  readonly remasking?: string;
  readonly suppress?: readonly number[];
  readonly suppress_tokens?: readonly number[];
  readonly begin_suppress_tokens?: readonly number[];
  readonly logits_eos_inf?: boolean;
  readonly confidence_eos_eot_inf?: boolean;
  readonly eos?: number;
  readonly eot?: number;
  readonly uniform_seed?: number;
  readonly result: readonly number[];
  readonly trace: readonly TraceEntry[];
}

interface Runs {
  readonly cases: readonly {
    readonly kind: string;
    readonly masked: number[];
    readonly masked_ids: number[];
    readonly runs: readonly Run[];
  }[];
}

function samplerOf({ sampler, kind, alg, remdm }: Run): SamplerName {
  if (remdm) return `remdm-${remdm.sampler}`;
  if (sampler === 'dream')
    return (
      { maskgit_plus: 'maskgit-plus', topk_margin: 'margin', entropy: 'entropy', origin: 'origin' } as const
    )[alg!];
  if (sampler === 'mdlm' || sampler === 'sedd') return kind === 'ddpm_cache' ? 'ddpm-cache' : kind!;
  const names = {
    llada: 'low-confidence',
    dllm_infill: 'low-confidence',
    p2: 'p2',
    random_keep: 'random-keep',
    topk_mask: 'topk-mask',
  } as const;
  return names[sampler];
}

function optionsOf(run: Run): SamplerOptions {
  const isAncestral = run.sampler === 'mdlm' || run.sampler === 'sedd';
  const temperature = run.temperature ?? (isAncestral ? 1 : 0);
  const endings = temperature === 0 ? [run.eos!, run.eot!] : [run.eot!];
  return {
    steps: run.steps,
    temperature,
    topP: run.top_p ?? run.nucleus_p ?? 1,
    topK: run.top_k ?? 0,
    blockLength: run.block_length ?? run.block_size,
    end: run.eps,
    quotas: run.sampler === 'dllm_infill' ? 'rounded' : 'even',
    unsure: run.begin_suppress_tokens ?? (run.confidence_eos_eot_inf ? endings : []),
    randomOrder: run.remasking === 'random',
    ...(run.sampler === 'topk_mask' && { greedy: true }),
    eta: run.remdm?.eta,
    loop:
      run.remdm?.t_on === undefined
        ? undefined
        : { on: run.remdm.t_on, off: run.remdm.t_off!, alpha: run.remdm.alpha_on! },
  };
}

const noNoise: Noise = {
  at: () => () => {
    throw new Error('a greedy run draws nothing');
  },
};

describe.each(backendNames)('%s', (choice) => {
  let backend: Backend;
  beforeAll(async () => {
    backend = await chooseBackend({ backend: choice });
  });

  it.each(denoisers)('%s', async (name) => {
    const tested = new Set<string>();
    const { denoiser, dispose } = await runDenoiser(backend, await openGoldenDenoiser(name));
    for (const { kind, masked, masked_ids: ids, runs } of diffusionJson<Runs>(`runs/${name}`).cases)
      for (const [index, run] of runs.entries()) {
        // Where kernels are slow, one run of each sampler takes long enough.
        if (isSlow(choice) && tested.has(samplerOf(run))) continue;
        tested.add(samplerOf(run));
        const label = `${kind} ${index} ${samplerOf(run)}`;
        const suppressed = [
          ...(run.suppress ?? run.suppress_tokens ?? []),
          ...(run.logits_eos_inf ? [run.eos!] : []),
        ];
        const canvas = new Canvas(denoiser, ids, masked, {
          guidance: run.cfg_scale,
          filter: () => (logits) => {
            for (const id of suppressed) logits[id] = -Infinity;
          },
        });
        const noise =
          run.uniform_seed === undefined
            ? noNoise
            : goldenNoise(run.uniform_seed, { length: ids.length, rows: denoiser.vocabularySize });
        const sampler = await samplers[samplerOf(run)].load();
        const trace: TraceEntry[] = [];
        for await (const { filled, remasked } of sampler({ canvas, noise, options: optionsOf(run) }))
          trace.push({
            filled: filled.map(({ position, id, confidence }) => [position, id, confidence ?? 0]),
            remasked,
          });
        expect([...canvas.ids], label).toEqual(run.result);
        checkTrace(trace, run, label);
      }
    dispose();
  });
});

/** Steps after all is filled may be left out. */
function checkTrace(trace: readonly TraceEntry[], run: Run, label: string): void {
  const plain = (entry: TraceEntry) => ('filled' in entry ? entry : { filled: entry, remasked: [] });
  const expected = run.trace.map(plain);
  const told = [...trace.map(plain), ...expected.slice(trace.length).map(() => plain([]))];
  expect(told.length, label).toBe(expected.length);
  expected.forEach(({ filled, remasked }, step) => {
    const actual = told[step]!;
    const places = (entries: readonly Committed[]) => entries.map(([position, id]) => [position, id]);
    expect(places(actual.filled), `${label} step ${step}`).toEqual(places(filled));
    expect([...actual.remasked], `${label} step ${step}`).toEqual([...remasked]);
    filled.forEach(([, , confidence], i) => {
      if (confidence !== undefined)
        expect(Math.abs(actual.filled[i]![2]! - confidence), `${label} step ${step}`).toBeLessThan(1e-4);
    });
  });
}
