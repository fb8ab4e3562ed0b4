// What makes a text from nothing, at some cost in time: annealing with so many sweeps, and the systems that fill a text that is one gap.
import { anneal, infill, type MariaModel, type SystemName } from '@maria/core';

export interface GenerateOptions {
  /** Tokens of the text. */
  readonly length: number;
  /** How much work it may do, in steps of its own kind; undefined for one that has no choice. */
  readonly budget: number | undefined;
  readonly temperature: number;
  readonly seed: number;
  /** Which of several texts. */
  readonly sample: number;
  readonly signal: AbortSignal | undefined;
}

export interface Generator {
  /** One line for help. */
  readonly summary: string;
  /** What a budget is: "sweeps"; undefined for one that has none. */
  readonly budget: string | undefined;
  generate(model: MariaModel, options: GenerateOptions): Promise<{ readonly text: string }>;
}

/** By the names that users give. A diffusion sampler, whose budget are its steps, is another row. */
export const generators: Readonly<Record<string, Generator>> = {
  anneal: {
    summary: 'annealing over infilling, with so many sweeps',
    budget: 'sweeps',
    async generate(model, { length, budget, seed, sample, signal }) {
      const run = anneal(model, {
        length,
        seed,
        chain: sample,
        ...(budget !== undefined && { sweeps: budget }),
        ...(signal && { signal }),
      });
      let step = await run.next();
      while (!step.done) step = await run.next();
      return { text: step.value.last.text };
    },
  },
  maria: filling('maria', 'both models, fused, once from left to right'),
  ar: filling('ar', 'the AR model alone, once from left to right'),
  mlm: filling('mlm', 'the MLM alone, once from left to right'),
};

/** A text that is one gap, sampled. */
function filling(system: SystemName, summary: string): Generator {
  return {
    summary,
    budget: undefined,
    async generate(model, { length, temperature, seed, sample, signal }) {
      const run = infill(model, `[MASK*${length}]`, {
        system,
        temperature,
        seed,
        record: sample,
        speculate: 'auto',
        ...(signal && { signal }),
      });
      let step = await run.next();
      while (!step.done) step = await run.next();
      return { text: step.value.samples[0]!.text };
    },
  };
}
