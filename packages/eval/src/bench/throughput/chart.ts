// The throughput benchmark as a chart: tokens a second over length, a line for each system.
import { lineChartSvg } from '../../charts/line-chart.js';
import type { ThroughputRecord } from './run-throughput.js';

/** An SVG document. */
export function throughputChart(records: readonly ThroughputRecord[], pair: string): string {
  const systems = [...new Set(records.map(({ system }) => system))];
  return lineChartSvg({
    title: `Throughput of ${pair} at mask rate ${records[0]?.maskRate ?? 0}`,
    x: { label: 'sequence length (tokens)' },
    y: { label: 'filled tokens a second' },
    series: systems.map((system) => ({
      name: system,
      points: records
        .filter((record) => record.system === system)
        .map(({ length, tokensPerSecond }) => [length, tokensPerSecond] as const),
    })),
  });
}
