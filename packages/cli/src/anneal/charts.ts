// Energy and generative perplexity of the sweeps of a run over wall-clock time.
import type { LineChart } from '@maria/charts';
import type { MariaModel, SweepRecord } from '@maria/core';
import type { Annealing } from './engine.js';
import { perplexityOf } from './perplexity.js';

/** @param chains the records of each chain; the perplexities are computed here, so the run itself takes no time for them */
export async function annealCharts(
  engine: Pick<Annealing, 'generativePerplexity'>,
  model: MariaModel,
  chains: readonly (readonly SweepRecord[])[],
): Promise<LineChart[]> {
  const seriesOf = async (y: (record: SweepRecord) => number | Promise<number>) => {
    const series = [];
    for (const records of chains) {
      const points: [number, number][] = [];
      for (const record of records) points.push([record.elapsedMs / 1000, await y(record)]);
      series.push({ name: `chain ${records[0]?.chain ?? 0}`, points });
    }
    return series;
  };
  const x = { label: 'time (s)' };
  return [
    { title: 'Energy', x, y: { label: 'nats' }, series: await seriesOf(({ energy }) => energy) },
    {
      title: 'Generative perplexity',
      x,
      y: { label: 'under the AR model' },
      series: await seriesOf(async ({ text }) => (await perplexityOf(engine, model, text)) ?? Number.NaN),
    },
  ];
}
