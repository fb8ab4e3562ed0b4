// Two runs that differ in where the head starts, and the figure that compares them.
import { join } from 'node:path';
import { InterruptedError } from '@maria/core/errors';
import type { MetricsRecord } from '@maria/training';
import { comparisonChart } from './charts.js';
import { runTrain, type TrainRun } from './run.js';

const inits = ['product', 'random'] as const;

/**
 * Trains from the product of experts in OUT/product, then from random numbers in OUT/random, and draws held-out loss over
 * steps into OUT/figure-2.svg. @param sources opens the data anew for each run
 */
export async function compareInits(
  run: TrainRun,
  sources: () => Pick<TrainRun['options'], 'data' | 'evalData'>,
): Promise<void> {
  const { engine, options, chartSize, note } = run;
  const losses: Record<string, readonly MetricsRecord[]> = {};
  for (const init of inits) {
    note(`Training from ${init} values.`);
    const out = join(options.out, init);
    try {
      losses[init] = await runTrain({
        ...run,
        options: { ...options, ...sources(), out, settings: { ...options.settings, init } },
      });
    } catch (error) {
      if (error instanceof InterruptedError) run.tell('Or go on with both: the same command with --resume.');
      throw error;
    }
  }
  const chart = comparisonChart(losses);
  const file = join(options.out, 'figure-2.svg');
  await engine.writeFileAtomically(file, [Buffer.from(engine.lineChartSvg(chart))]);
  for (const line of engine.lineChartText(chart, chartSize).split('\n')) note(line);
  note(`The figure is in ${file}`);
}
