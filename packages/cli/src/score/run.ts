// Scores the inputs of one `maria score`, one after the other, and writes a record for each.
import type { MariaModel, ScoreResult } from '@maria/core';
import type { Engine } from '../engine.js';
import type { Sink } from '../output.js';
import { concernsOneText, errorRecord, placed } from '../text-errors.js';
import type { Scorable } from './inputs.js';

export interface ScoreRun {
  readonly engine: Engine;
  readonly model: MariaModel;
  readonly signal: AbortSignal;
  readonly excludeSpecial: boolean;
  readonly specialTokens: boolean;
  /** An error of one input becomes a record, and the run goes on. */
  readonly keepGoing: boolean;
  readonly sink: Sink;
}

/** Returns how many inputs failed. @throws the first error, unless `keepGoing` and it concerns one input only */
export async function runScore(run: ScoreRun, inputs: AsyncIterable<Scorable>): Promise<number> {
  const { engine, model, signal, sink } = run;
  const options = { signal, suppressSpecial: run.excludeSpecial, specialTokens: run.specialTokens };
  let failed = 0;
  for await (const item of inputs) {
    signal.throwIfAborted();
    let record: object;
    try {
      if ('error' in item) throw item.error;
      record = scoreRecord(item.identity, await engine.score(model, item.input, options));
    } catch (error) {
      if (!concernsOneText(error)) throw error;
      if (!run.keepGoing) throw placed(error, item.name);
      failed++;
      record = errorRecord(error, item.identity);
    }
    await sink.write(`${JSON.stringify(record)}\n`);
  }
  return failed;
}

/** The JSON shape of a score. docs/json.md describes it. */
function scoreRecord(identity: { readonly id?: unknown }, result: ScoreResult): object {
  const { logLikelihood, perToken, perplexity, ids, masked, excluded } = result;
  return { ...identity, logLikelihood, perToken, perplexity, ids, masked, excluded };
}
