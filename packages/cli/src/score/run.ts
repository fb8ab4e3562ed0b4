// Scores the inputs of one `maria score`, several at once, and writes a record for each when it is its turn.
import type { MariaModel, RefreshChoice, ScoreInput, ScoreResult } from '@maria/core';
import type { Engine } from '../engine.js';
import { type Sink, writeRecord } from '../output.js';
import type { OutputColumns } from '../scale/parquet-sink.js';
import { concernsOneText, errorRecord, placed } from '../text-errors.js';
import type { TextProgress } from '../text-progress.js';
import { windowsTeller } from '../windows-note.js';
import type { Scorable } from './inputs.js';
import { Places } from './places.js';
import type { ScoreSummary } from './summary.js';

export interface ScoreRun {
  readonly engine: Engine;
  readonly model: MariaModel;
  readonly signal: AbortSignal;
  readonly excludeSpecial: boolean;
  readonly specialTokens: boolean;
  /** How inputs are read that are too long. */
  readonly window?: number | 'auto' | undefined;
  /** When the MLM reads again. */
  readonly refresh?: RefreshChoice | undefined;
  /** An error of one input becomes a record, and the run goes on. */
  readonly keepGoing: boolean;
  /** Inputs that are scored at once. */
  readonly batch: number;
  /** Records tell the masked tokens too. */
  readonly tellsTokens: boolean;
  readonly sink: Sink;
  readonly summary: Pick<ScoreSummary, 'add'>;
  readonly progress: Pick<TextProgress, 'finish' | 'note'>;
}

/** The columns of scores in Parquet: what is nested is JSON. */
export const scoreColumns: OutputColumns = {
  logLikelihood: 'double',
  perToken: 'doubles',
  tokens: 'json',
  perplexity: 'double',
  ids: 'integers',
  masked: 'integers',
  samples: 'json',
  windows: 'json',
  excluded: 'json',
  error: 'json',
};

/** Returns how many inputs failed. @throws the first error, unless `keepGoing` and it concerns one input only */
export async function runScore(run: ScoreRun, inputs: AsyncIterable<Scorable>): Promise<number> {
  const { engine, model, signal, sink, summary } = run;
  const options = {
    signal,
    suppressSpecial: run.excludeSpecial,
    specialTokens: run.specialTokens,
    window: run.window,
    refresh: run.refresh,
  };
  const tellWindows = windowsTeller(run.progress.note);
  let failed = 0;
  const written = ['logLikelihood', 'perToken', 'perplexity', 'excluded'];
  if (run.tellsTokens) written.push('tokens');
  if (run.window !== undefined) written.push('windows');
  // Samples of several records would be open at once otherwise, each with memory of its own.
  const places = new Places(engine.sequencesFor(run.batch));
  const scoring = (input: ScoreInput) => places.hold(async () => engine.score(model, input, options));
  // biome-ignore lint/correctness/useYield: a score has no events
  const scores = inTurns(run, inputs, async function* (item) {
    if ('error' in item) throw item.error;
    if ('input' in item) return [await scoring(item.input)];
    const results: ScoreResult[] = [];
    // biome-ignore lint/correctness/useYield: a score has no events
    const samples = inTurns(run, item.samples, async function* ({ input }) {
      return scoring(input);
    });
    for await (const told of samples) {
      if ('error' in told) throw told.error;
      if ('result' in told) results.push(told.result);
    }
    return results;
  });
  for await (const told of scores) {
    signal.throwIfAborted();
    const item = told.input;
    if ('event' in told) continue;
    let record: object;
    try {
      if ('error' in told) throw told.error;
      for (const result of told.result) {
        summary.add(result);
        if (result.windows) tellWindows(result.windows, item.name);
      }
      record = scoreRecord(run, item, told.result);
    } catch (error) {
      if (!concernsOneText(error)) throw error;
      if (!run.keepGoing) throw placed(error, item.name);
      failed++;
      record = errorRecord(error, item.identity, written);
    }
    await writeRecord(sink, record);
    run.progress.finish();
  }
  return failed;
}

/** So many at once as keep all lanes busy. */
function inTurns<I, R>(
  { engine, batch }: ScoreRun,
  inputs: Iterable<I> | AsyncIterable<I>,
  open: (input: I) => AsyncGenerator<never, R>,
) {
  return engine.inOrder(inputs, engine.sequencesFor(batch), open);
}

/** The JSON shape of a score: of the samples in a list, where they came in one. docs/json.md describes it. */
function scoreRecord(run: ScoreRun, item: Scorable, results: readonly ScoreResult[]): object {
  const { excluded } = results[0]!;
  if (!('samples' in item)) return { ...item.identity, ...scoreOf(run, results[0]!), excluded };
  const samples = results.map((result, i) => ({ ...item.samples[i]!.identity, ...scoreOf(run, result) }));
  return { ...item.identity, samples, excluded };
}

function scoreOf(
  { engine, model, tellsTokens }: ScoreRun,
  { logLikelihood, perToken, perplexity, ids, masked, windows }: ScoreResult,
): object {
  const originals = masked.map((position) => ids[position]!);
  const told = tellsTokens && { tokens: engine.tokensOf(model, originals) };
  return { logLikelihood, perToken, ...told, perplexity, ids, masked, ...(windows && { windows }) };
}
