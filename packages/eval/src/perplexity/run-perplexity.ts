// Masked infilling perplexity: how probable systems find the masked words of texts, at one mask rate after the other.
import type { JsonObject } from '@maria/checkpoints';
import { type MaskedItem, maskedItems } from '../data/masked-items.js';
import { configOf, type EvaluationOptions, refuseMixedTokens } from '../run/evaluation.js';
import { RunFolder } from '../run/run-folder.js';
import { runTasks, type Task, type TaskGroup } from '../run/run-tasks.js';
import { ofShard } from '../run/shards.js';
import { perplexityReport } from './perplexity-report.js';
import { type PerplexitySummary, summarizePerplexity } from './summarize-perplexity.js';

interface ScoreTask extends Task {
  readonly item: MaskedItem;
}

/**
 * Scores every text with every system and writes the run's folder. A run that was stopped goes on in it, and gives the same bits.
 * @throws UsageError, DataError for a folder of another run, data or models that are unfit; InterruptedError, when what is done is kept
 */
export async function evaluatePerplexity(options: EvaluationOptions): Promise<PerplexitySummary> {
  const { systems, data, mask, out, onNote, rounds } = options;
  refuseMixedTokens(options);
  const items = ofShard(await maskedItems(data, mask, systems[0]!.vocabulary), options.shard);
  const folder = await RunFolder.open(out, configOf('perplexity', options), { onNote });
  try {
    const groups = systems.map(
      (system): TaskGroup<ScoreTask> => ({
        tasks: items.map((item) => ({ key: keyOf(system.name, item), item })),
        async open() {
          const opened = await system.open(options.signal);
          return {
            lanes: opened.lanes,
            async work({ item }) {
              const { nats, tokens } = await opened.score(item.masked);
              return { units: item.units, bytes: item.bytes, nats, tokens };
            },
          };
        },
      }),
    );
    const records = await runTasks(folder, groups, options);
    const summary = summarizePerplexity(records, options, { seed: mask.seed, ...(rounds && { rounds }) });
    await folder.writeSummary(summary);
    await folder.writeReport(perplexityReport(summary, folder.config));
    return summary;
  } finally {
    folder.release();
  }
}

export function keyOf(system: string, { data, document, window, rate }: MaskedItem): JsonObject {
  return { system, data, document, window, ...(rate !== undefined && { rate }) };
}
