// Energy and temperature over the sweeps of a chain, for the screen and for the page of a recording.
import type { LineChart } from '@maria/charts';
import type { SweepRecord } from '@maria/core';

export interface SweepCharts {
  /** In nats. */
  readonly energy: LineChart;
  readonly temperature: LineChart;
}

/** Sweeps count from 1 there. */
export function sweepCharts(records: readonly SweepRecord[]): SweepCharts {
  const chart = (title: string, unit: string, of: (record: SweepRecord) => number): LineChart => ({
    title,
    x: { label: 'sweep' },
    y: { label: unit },
    series: [{ name: title, points: records.map((record) => [record.sweep + 1, of(record)]) }],
  });
  return {
    energy: chart('Energy', 'nats', ({ energy }) => energy),
    temperature: chart('Temperature', 'of the sweep', ({ temperature }) => temperature),
  };
}
