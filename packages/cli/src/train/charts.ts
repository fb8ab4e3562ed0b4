// Curves of a run's losses, for a file and for a terminal.
import type { LineChart } from '@maria/charts';
import type { MetricsRecord } from '@maria/training';

/** Batches differ in how much is masked, so single losses say little: the curve is their mean over so many parts of the run. */
const averages = 200;

export function lossChart(records: readonly MetricsRecord[]): LineChart {
  const evaluated = evaluationPoints(records);
  return {
    title: 'Training',
    x: { label: 'step' },
    y: { label: 'loss (nats)' },
    series: [
      { name: 'training loss', points: averagePoints(records) },
      ...(evaluated.length > 0 ? [{ name: 'held-out loss', points: evaluated }] : []),
    ],
  };
}

/** Held-out loss over steps of runs that differ in where the head starts: Figure 2 of the MARIA paper. */
export function comparisonChart(runs: Readonly<Record<string, readonly MetricsRecord[]>>): LineChart {
  return {
    title: 'Initial values of the head',
    x: { label: 'step' },
    y: { label: 'held-out loss (nats)' },
    series: Object.entries(runs).map(([name, records]) => ({ name, points: evaluationPoints(records) })),
  };
}

function evaluationPoints(records: readonly MetricsRecord[]): [number, number][] {
  return records.flatMap(({ step, evalLoss }) =>
    evalLoss === undefined ? [] : [[step, evalLoss] as [number, number]],
  );
}

function averagePoints(records: readonly MetricsRecord[]): [number, number][] {
  const size = Math.ceil(records.length / averages);
  return Array.from({ length: Math.ceil(records.length / size) }, (_, i) => {
    const part = records.slice(i * size, (i + 1) * size);
    const mean = (value: (record: MetricsRecord) => number) =>
      part.reduce((sum, record) => sum + value(record), 0) / part.length;
    return [mean(({ step }) => step), mean(({ loss }) => loss)];
  });
}
