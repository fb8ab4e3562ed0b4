// The figures of a generation run, from its records.
import type { JsonObject } from '@maria/checkpoints';
import { type Estimate, ratioEstimate } from '../statistics/bootstrap.js';
import { exponential, groupBy } from '../statistics/groups.js';

export interface GenerateSummary {
  readonly evaluation: 'anneal';
  readonly length: number;
  readonly points: readonly GeneratedPoint[];
}

export interface GeneratedPoint {
  readonly system: string;
  readonly budget?: number;
  readonly samples: number;
  /** Of a text, by the clock. */
  readonly seconds: Estimate;
  readonly generativePerplexity: Estimate;
  readonly entropy: Estimate;
  readonly distinct2: Estimate;
}

export function pointsOf(records: readonly JsonObject[], seed: number): GeneratedPoint[] {
  const groups = groupBy(
    records.filter(({ error }) => !error),
    ({ system, budget }) => JSON.stringify([system, budget ?? null]),
  );
  return [...groups.values()].map((group) => {
    const [{ system, budget }] = group as [JsonObject];
    const estimate = (above: string, below?: string) =>
      ratioEstimate(
        group.map((record) => ({
          numerator: Number(record[above]),
          denominator: below === undefined ? 1 : Number(record[below]),
        })),
        { seed },
      );
    return {
      system: String(system),
      ...(budget !== undefined && { budget: Number(budget) }),
      samples: group.length,
      seconds: estimate('seconds'),
      generativePerplexity: exponential(estimate('nats', 'tokens')),
      entropy: estimate('entropy'),
      distinct2: estimate('distinct2'),
    };
  });
}
