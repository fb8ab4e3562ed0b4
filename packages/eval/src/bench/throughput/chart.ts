// The throughput benchmark as a chart: tokens a second over length, a line for each system, and of each quantisation where there are several.
import { lineChartSvg } from '@maria/charts';
import type { ThroughputRecord } from './run-throughput.js';

/** An SVG document. */
export function throughputChart(records: readonly ThroughputRecord[], pair: string): string {
  const several = new Set(records.map(({ quantize }) => quantize)).size > 1;
  const nameOf = ({ system, quantize }: ThroughputRecord) => (several ? `${system}, ${quantize}` : system);
  return lineChartSvg({
    title: `Throughput of ${pair} at mask rate ${records[0]?.maskRate ?? 0}`,
    x: { label: 'sequence length (tokens)', scale: 'log' },
    y: { label: 'filled tokens a second' },
    series: [...new Set(records.map(nameOf))].map((name) => ({
      name,
      points: records
        .filter((record) => nameOf(record) === name)
        .map(({ length, tokensPerSecond }) => [length, tokensPerSecond] as const),
    })),
  });
}
