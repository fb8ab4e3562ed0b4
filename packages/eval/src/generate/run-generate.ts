// Unconditional generation: what a text costs in time, and how probable and varied it is, for annealing at several budgets and what it is
// compared with (MARIA, arXiv 2502.06901, figure 5).
import type { JsonObject } from '@maria/checkpoints';
import { type MariaModel, UsageError } from '@maria/core';
import { describeMachine } from '../bench/machine.js';
import { generativePerplexity } from '../metrics/generative-perplexity.js';
import { distinctN, tokenEntropy } from '../metrics/token-diversity.js';
import { RunFolder } from '../run/run-folder.js';
import { type RunTasksOptions, runTasks, type Task } from '../run/run-tasks.js';
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
  /** The model that generates, whose AR part judges too. */
  open(): Promise<MariaModel>;
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
  const settings = { systems, budgets, length, samples, temperature, seed, ...identity };
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
        const model = await options.open();
        // The first run pays for what is made when it is first needed.
        for (const system of systems)
          await generators[system]!.generate(model, {
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
            const { text } = await generators[system]!.generate(model, {
              length,
              budget,
              temperature,
              seed,
              sample,
              signal,
            });
            const seconds = (clock() - start) / 1000;
            const { tokens, negativeLogLikelihood: nats } = await generativePerplexity(model, text);
            const ids = await model.vocabulary.encode(text, { specialTokens: false });
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
