// Unconditional generation: what a text costs in time, and how probable and varied it is, for annealing at several budgets and what it is
// compared with (MARIA, arXiv 2502.06901, figure 5).
import type { DenoiserModel, JsonObject } from '@maria/checkpoints';
import { type MariaModel, UsageError } from '@maria/core';
import { type SamplerName, samplersFor } from '@maria/core/samplers';
import { describeMachine } from '../bench/machine.js';
import { generativePerplexity } from '../metrics/generative-perplexity.js';
import { distinctN, tokenEntropy } from '../metrics/token-diversity.js';
import { RunFolder } from '../run/run-folder.js';
import { type RunTasksOptions, runTasks, type Task } from '../run/run-tasks.js';
import type { DescribedDenoiser } from '../systems/system.js';
import { generateReport } from './generate-report.js';
import { type GenerateSummary, pointsOf } from './generate-summary.js';
import { generators } from './generators.js';

export interface GenerateEvaluation extends RunTasksOptions {
  readonly out: string;
  /** Names of generators. */
  readonly systems: readonly string[];
  /** For those that have one. */
  readonly budgets: readonly number[];
  readonly length: number;
  /** Texts of each. */
  readonly samples: number;
  /** Of those that sample once from left to right. */
  readonly temperature: number;
  readonly seed: number;
  readonly identity: JsonObject;
  /** The pair that generates, whose AR model judges too. */
  open(): Promise<MariaModel>;
  /** What the samplers of denoisers generate with; not asked where there are none. */
  readonly denoiser: { describe(): Promise<DescribedDenoiser>; open(): Promise<DenoiserModel> };
  readonly maria: string;
  readonly onNote?: (message: string) => void;
}

interface GenerateTask extends Task {
  readonly system: string;
  readonly budget: number | undefined;
  readonly sample: number;
}

/** One text at a time, so that its time is its own. What is generated is kept when a run is stopped. @throws UsageError for an unknown system */
export async function evaluateGeneration(options: GenerateEvaluation): Promise<GenerateSummary> {
  const { out, systems, budgets, length, samples, temperature, seed, identity, maria, onNote } = options;
  const unknown = systems.find((name) => !Object.hasOwn(generators, name));
  if (unknown !== undefined)
    throw new UsageError(
      'system-invalid',
      `Cannot generate with ${JSON.stringify(unknown)}: there is no system of this name.`,
      { try: `Use ${Object.keys(generators).join(', ')}.` },
    );
  const ofDenoiser = systems.filter((name) => generators[name]!.reads === 'denoiser');
  const denoiser = ofDenoiser.length === 0 ? undefined : await options.denoiser.describe();
  if (denoiser) refuseUnfit(ofDenoiser, denoiser.form);
  const settings = {
    ...{ systems, budgets, length, samples, temperature, seed, ...identity },
    ...(denoiser && { denoiser: denoiser.fingerprints }),
  };
  const environment = { maria, machine: describeMachine() };
  const folder = await RunFolder.open(
    out,
    { version: 1, evaluation: 'anneal', settings, environment },
    { onNote },
  );
  const { clock = () => performance.now(), signal } = options;
  try {
    const tasks = systems.flatMap((system) =>
      (generators[system]!.budget === undefined ? [undefined] : budgets).flatMap((budget) =>
        Array.from({ length: samples }, (_, sample): GenerateTask => {
          const key = { system, ...(budget !== undefined && { budget }), sample };
          return { key, system, budget, sample };
        }),
      ),
    );
    const group = {
      tasks,
      open: async () => {
        const pair = await options.open();
        const models = { pair, ...(denoiser && { denoiser: await options.denoiser.open() }) };
        // The first run pays for what is made when it is first needed.
        for (const system of systems)
          await generators[system]!.generate(models, {
            length,
            budget: 1,
            temperature,
            seed,
            sample: 0,
            signal,
          });
        return {
          lanes: 1,
          async work({ system, budget, sample }: GenerateTask) {
            const start = clock();
            const { text } = await generators[system]!.generate(models, {
              length,
              budget,
              temperature,
              seed,
              sample,
              signal,
            });
            const seconds = (clock() - start) / 1000;
            const { tokens, negativeLogLikelihood: nats } = await generativePerplexity(pair, text);
            const ids = await pair.vocabulary.encode(text, { specialTokens: false });
            return { seconds, tokens, nats, entropy: tokenEntropy(ids), distinct2: distinctN(ids, 2), text };
          },
        };
      },
    };
    const records = await runTasks(folder, [group], options);
    const summary: GenerateSummary = { evaluation: 'anneal', length, points: pointsOf(records, seed) };
    await folder.writeSummary(summary);
    await folder.writeReport(generateReport(summary, folder.config));
    return summary;
  } finally {
    folder.release();
  }
}

function refuseUnfit(systems: readonly string[], form: DescribedDenoiser['form']): void {
  const fitting = samplersFor(form);
  const unfit = systems.find((name) => !fitting.includes(name as SamplerName));
  if (unfit === undefined) return;
  throw new UsageError(
    'system-invalid',
    `Cannot generate with ${JSON.stringify(unfit)}: it does not fit a denoiser of the family ${form.family}.`,
    { try: `Use ${fitting.join(', ')}.` },
  );
}
