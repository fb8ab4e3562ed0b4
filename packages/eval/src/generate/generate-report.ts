// The report of a generation run: quality over time, entropy over time.
import { type Axis, type LineChart, lineChartSvg } from '@maria/charts';
import { formatMachine } from '../bench/machine.js';
import { estimateText } from '../report/numbers.js';
import type { Report, Section, Table } from '../report/report.js';
import type { RunConfig } from '../run/run-config.js';
import type { Estimate } from '../statistics/bootstrap.js';
import type { GeneratedPoint, GenerateSummary } from './generate-summary.js';

export function generateReport(summary: GenerateSummary, config: RunConfig): Report {
  const { maria, machine } = config.environment;
  return {
    title: 'Unconditional generation',
    lead: [
      `Texts of ${summary.length} tokens. Perplexity is that under the AR model of the same pair, which annealing lowers on purpose; read it with the entropy of the tokens beside it: text that repeats itself is probable. Brackets hold the middle 95 % of a bootstrap over texts; times are of one text at a time.`,
      `maria ${maria}; ${formatMachine(machine)}.`,
    ],
    sections: [generateSection(summary)],
  };
}

export function generateSection(summary: GenerateSummary): Section {
  const chart = (title: string, y: Axis, of: (point: GeneratedPoint) => Estimate): LineChart => ({
    title,
    x: { label: 'seconds for a text', scale: 'log' },
    y,
    series: [...new Set(summary.points.map(({ system }) => system))].map((name) => {
      const own = summary.points.filter(({ system }) => system === name);
      return {
        name,
        points: own.map((point) => [point.seconds.value, of(point).value] as const),
        intervals: own.map((point) => {
          const { low, high } = of(point);
          return low === undefined || high === undefined ? undefined : ([low, high] as const);
        }),
      };
    }),
  });
  return {
    heading: 'Quality over time',
    charts: [
      lineChartSvg(
        chart(
          'Generative perplexity over time',
          { label: 'generative perplexity', scale: 'log' },
          ({ generativePerplexity }) => generativePerplexity,
        ),
        chart('Entropy over time', { label: 'entropy of the tokens (nats)' }, ({ entropy }) => entropy),
      ),
    ],
    tables: generateTables(summary),
  };
}

/** For a terminal, too. */
export function generateTables({ points }: GenerateSummary): Table[] {
  const right = (name: string) => ({ name, align: 'right' as const });
  return [
    {
      caption: 'Generated texts',
      columns: [
        { name: 'system' },
        ...['budget', 'texts', 'seconds', 'generative perplexity', 'entropy (nats)', 'distinct-2'].map(right),
      ],
      rows: points.map(({ system, budget, samples, seconds, generativePerplexity, entropy, distinct2 }) => [
        system,
        budget === undefined ? '' : String(budget),
        String(samples),
        estimateText(seconds, { digits: 3 }),
        estimateText(generativePerplexity),
        estimateText(entropy, { digits: 3 }),
        estimateText(distinct2, { digits: 3 }),
      ]),
    },
  ];
}
