// Scores the inputs of one `maria score`, several at once, and writes a record for each when it is its turn.
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
  /** Inputs that are scored at once. */
  readonly batch: number;
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
  // biome-ignore lint/correctness/useYield: a score has no events
  const scores = engine.inOrder(inputs, engine.sequencesFor(run.batch), async function* (item) {
    if ('error' in item) throw item.error;
    return engine.score(model, item.input, options);
  });
  for await (const told of scores) {
    signal.throwIfAborted();
    const item = told.input;
    if ('event' in told) continue;
    let record: object;
    try {
      if ('error' in told) throw told.error;
      const { result } = told;
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
