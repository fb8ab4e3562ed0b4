// The report of a throughput run: filled tokens a second over the length of the text.
import { lineChartSvg } from '@maria/charts';
import { formatMachine } from '../bench/machine.js';
import { fixed } from '../report/numbers.js';
import type { Report, Section, Table } from '../report/report.js';
import type { RunConfig } from '../run/run-config.js';
import type { SpeedSummary } from './speed-summary.js';

export function throughputReport(summary: SpeedSummary, config: RunConfig): Report {
  const { maria, machine } = config.environment;
  return {
    title: 'Throughput of infilling',
    lead: [
      `The same texts, ${summary.maskRate} of the words masked, are filled by every system, the most probable token each time. Systems of one model take turns. Brackets hold the slowest and the fastest run.`,
      `maria ${maria}; ${formatMachine(machine)}.`,
    ],
    sections: [throughputSection(summary)],
  };
}

export function throughputSection(summary: SpeedSummary): Section {
  const { records, maskRate } = summary;
  const names = [...new Set(records.map(({ system }) => system))];
  return {
    heading: 'Filled tokens a second',
    charts: [
      lineChartSvg({
        title: `Throughput at mask rate ${maskRate}`,
        x: { label: 'words of the text', scale: 'log' },
        y: { label: 'filled tokens a second', scale: 'log' },
        series: names.map((name) => {
          const own = records.filter(({ system }) => system === name);
          return {
            name,
            points: own.map(({ words, tokensPerSecond }) => [words, tokensPerSecond] as const),
            intervals: own.map(({ slowest, fastest }) => [slowest, fastest] as const),
          };
        }),
      }),
    ],
    tables: throughputTables(summary),
  };
}

/** For a terminal, too. */
export function throughputTables({ records }: SpeedSummary): Table[] {
  const lengths = [...new Set(records.map(({ words }) => words))];
  const names = [...new Set(records.map(({ system }) => system))];
  const cell = (system: string, words: number) => {
    const record = records.find((one) => one.system === system && one.words === words);
    if (!record) return '';
    const { tokensPerSecond, slowest, fastest } = record;
    return `${fixed(tokensPerSecond, 1)} [${fixed(slowest, 1)}, ${fixed(fastest, 1)}]`;
  };
  return [
    {
      caption: 'Filled tokens a second',
      columns: [
        { name: 'system' },
        ...lengths.map((words) => ({ name: `${words} words`, align: 'right' as const })),
      ],
      rows: names.map((name) => [name, ...lengths.map((words) => cell(name, words))]),
    },
  ];
}
