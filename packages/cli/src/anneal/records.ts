// The JSON shape of an annealed text. docs/json.md describes it.
import type { MariaModel, SweepRecord } from '@maria/core';
import type { Annealing } from './engine.js';
import { perplexityOf } from './perplexity.js';

export interface AnnealRecord {
  readonly seed: number;
  readonly chain: number;
  readonly text: string;
  readonly ids: readonly number[];
  /** The sweep that the text is from. */
  readonly sweep: number;
  readonly energy: number;
  readonly sweeps: number;
  readonly acceptanceRate: number;
  readonly elapsedMs: number;
  readonly generativePerplexity: number | null;
  readonly tokenEntropy: number;
  readonly distinct2: number;
}

export async function annealRecord(
  engine: Annealing,
  model: MariaModel,
  shown: SweepRecord,
  records: readonly SweepRecord[],
): Promise<AnnealRecord> {
  const { seed, chain, text, ids, sweep, energy } = shown;
  const accepted = records.filter((record) => record.accepted).length;
  return {
    seed,
    chain,
    text,
    ids,
    sweep,
    energy,
    sweeps: records.length,
    acceptanceRate: accepted / records.length,
    elapsedMs: records.at(-1)!.elapsedMs,
    generativePerplexity: await perplexityOf(engine, model, text),
    tokenEntropy: engine.tokenEntropy(ids),
    distinct2: engine.distinctN(ids, 2),
  };
}
