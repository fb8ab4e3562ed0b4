// Scores the inputs of one `maria score`, one after the other, and writes a record for each.
import type { MariaModel, ScoreResult, Token } from '@maria/core';
import type { Engine } from '../engine.js';
import type { HandedOn } from '../jsonl.js';
import type { Sink } from '../output.js';
import { concernsOneText, errorRecord, placed } from '../text-errors.js';
import type { TextProgress } from '../text-progress.js';
import type { Scorable } from './inputs.js';
import type { ScoreSummary } from './summary.js';

export interface ScoreRun {
  readonly engine: Engine;
  readonly model: MariaModel;
  readonly signal: AbortSignal;
  readonly excludeSpecial: boolean;
  readonly specialTokens: boolean;
  /** An error of one input becomes a record, and the run goes on. */
  readonly keepGoing: boolean;
  /** Records tell the masked tokens too. */
  readonly tellsTokens: boolean;
  readonly sink: Sink;
  readonly summary: ScoreSummary;
  readonly progress: TextProgress;
}

/** Returns how many inputs failed. @throws the first error, unless `keepGoing` and it concerns one input only */
export async function runScore(run: ScoreRun, inputs: AsyncIterable<Scorable>): Promise<number> {
  const { engine, model, signal, sink, summary } = run;
  const options = { signal, suppressSpecial: run.excludeSpecial, specialTokens: run.specialTokens };
  let failed = 0;
  for await (const item of inputs) {
    signal.throwIfAborted();
    let record: object;
    try {
      if ('error' in item) throw item.error;
      const result = await engine.score(model, item.input, options);
      summary.add(result);
      const tokens = run.tellsTokens ? engine.tokensOf(model, maskedOf(result)) : undefined;
      record = scoreRecord(item.identity, result, tokens);
    } catch (error) {
      if (!concernsOneText(error)) throw error;
      if (!run.keepGoing) throw placed(error, item.name);
      failed++;
      record = errorRecord(error, item.identity);
    }
    await sink.write(`${JSON.stringify(record)}\n`);
    run.progress.finish();
  }
  return failed;
}

/** The JSON shape of a score. docs/json.md describes it. */
function scoreRecord(
  identity: HandedOn,
  { logLikelihood, perToken, perplexity, ids, masked, excluded }: ScoreResult,
  tokens: readonly Token[] | undefined,
): object {
  const told = tokens && { tokens };
  return { ...identity, logLikelihood, perToken, ...told, perplexity, ids, masked, excluded };
}

function maskedOf({ ids, masked }: ScoreResult): number[] {
  return masked.map((position) => ids[position]!);
}
