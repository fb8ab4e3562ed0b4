// How fast systems fill gaps, over the length of the text: whatever fills takes part, on the same texts with the same words masked.
import type { JsonObject } from '@maria/checkpoints';
import { DataError, InterruptedError, inOrder } from '@maria/core';
import { median } from '../bench/timing.js';
import { drawMask } from '../data/draw-mask.js';
import type { DataSet } from '../data/item.js';
import { joinedSpans, type MaskedText, windowsOf, wordsOf } from '../data/words.js';
import { configOf, type EvaluationOptions } from '../run/evaluation.js';
import { RunFolder } from '../run/run-folder.js';
import { runTasks, type Task, type TaskGroup } from '../run/run-tasks.js';
import { groupBy } from '../statistics/groups.js';
import type { System, SystemPlan } from '../systems/system.js';
import type { SpeedRecord, SpeedSummary } from './speed-summary.js';
import { throughputReport } from './throughput-report.js';

export interface SpeedEvaluation extends EvaluationOptions {
  /** Words of the texts. */
  readonly lengths: readonly number[];
  /** Texts that each run fills, of all lengths. */
  readonly texts: number;
  /** Runs that count. */
  readonly repetitions: number;
}

interface SpeedTask extends Task {
  readonly words: number;
}

/**
 * Systems of one model take turns, so that what else the machine does falls on all of them. What was measured for a length is kept.
 * @throws DataError when no document has so many words; as `evaluatePerplexity` does
 */
export async function evaluateSpeed(options: SpeedEvaluation): Promise<SpeedSummary> {
  const { systems, data, mask, out, onNote, lengths, texts, repetitions } = options;
  const rate = mask.rates[0]!;
  const masked = new Map(
    lengths.map((words) => [words, textsOf(data, { words, texts, rate, seed: mask.seed })]),
  );
  const config = configOf('throughput', options, { lengths, texts, repetitions });
  const folder = await RunFolder.open(out, config, { onNote });
  try {
    // Only one model is held at a time.
    const together = groupBy(systems, ({ loadedAs }) => loadedAs);
    const groups = [...together.values()].map(
      (plans): TaskGroup<SpeedTask> => ({
        tasks: lengths.map((words) => ({ key: { systems: plans.map(({ name }) => name), words }, words })),
        async open() {
          const opened: Entrant[] = [];
          for (const plan of plans) opened.push({ plan, system: await plan.open(options.signal) });
          return {
            lanes: 1,
            work: async ({ words }) => ({
              records: await measured(opened, words, masked.get(words)!, options),
            }),
          };
        },
      }),
    );
    const done = await runTasks(folder, groups, options);
    const summary: SpeedSummary = {
      evaluation: 'throughput',
      maskRate: rate,
      records: done.flatMap(recordsIn),
    };
    await folder.writeSummary(summary);
    await folder.writeReport(throughputReport(summary, folder.config));
    return summary;
  } finally {
    folder.release();
  }
}

function recordsIn(record: JsonObject): readonly SpeedRecord[] {
  return (record.records ?? []) as readonly SpeedRecord[];
}

interface Entrant {
  readonly plan: SystemPlan;
  readonly system: System;
}

async function measured(
  entrants: readonly Entrant[],
  words: number,
  texts: readonly MaskedText[],
  { repetitions, signal, clock = () => performance.now() }: SpeedEvaluation,
): Promise<SpeedRecord[]> {
  const seconds = new Map(entrants.map((entrant) => [entrant, [] as number[]]));
  const tokens = new Map<Entrant, number>();
  // A first run that does not count, of one text: all parts have been used then.
  for (const { system } of entrants) await fillAll(system, texts.slice(0, 1), signal);
  for (let run = 0; run < repetitions; run++) {
    for (const entrant of entrants) {
      const start = clock();
      tokens.set(entrant, await fillAll(entrant.system, texts, signal));
      seconds.get(entrant)!.push((clock() - start) / 1000);
    }
  }
  return entrants.map((entrant) => {
    const times = seconds.get(entrant)!;
    const filled = tokens.get(entrant)!;
    return {
      system: entrant.plan.name,
      words,
      texts: texts.length,
      lanes: entrant.system.lanes,
      tokens: filled,
      seconds: times,
      tokensPerSecond: filled / median(times),
      slowest: filled / Math.max(...times),
      fastest: filled / Math.min(...times),
    };
  });
}

/** @returns tokens that were filled */
async function fillAll(
  system: System,
  texts: readonly MaskedText[],
  signal: AbortSignal | undefined,
): Promise<number> {
  let tokens = 0;
  const filling = inOrder(texts, system.lanes, async function* (text): AsyncGenerator<number, void> {
    if (signal?.aborted) throw new InterruptedError();
    yield (await system.fill(text, { temperature: 0, topP: 1, seed: 0, record: 0 })).tokens;
  });
  for await (const told of filling) {
    if ('error' in told) throw told.error;
    if ('event' in told) tokens += told.event;
  }
  return tokens;
}

/** Of exactly so many words each. */
function textsOf(
  data: readonly DataSet[],
  { words, texts, rate, seed }: { words: number; texts: number; rate: number; seed: number },
): MaskedText[] {
  const windows = data.flatMap(({ items }) => items.flatMap(({ text }) => windowsOf(text, words)));
  const whole = windows.filter((text) => wordsOf(text).length === words).slice(0, texts);
  if (whole.length === 0)
    throw new DataError(
      'nothing-scored',
      `Cannot measure texts of ${words} words: no document has so many.`,
      {
        try: 'Measure shorter texts.',
      },
    );
  return whole.map((text, number) => {
    const units = wordsOf(text);
    const spans = drawMask({ units: units.length, rate, seed, number }).map((unit) => units[unit]!);
    return { text, spans: joinedSpans(text, spans) };
  });
}
