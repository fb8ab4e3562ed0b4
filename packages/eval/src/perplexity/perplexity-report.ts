// The report of a perplexity run: tables over mask rates, differences, and a chart for each data set.
import { type LineChart, lineChartSvg } from '@maria/charts';
import { formatMachine } from '../bench/machine.js';
import { estimateText } from '../report/numbers.js';
import type { Report, Section, Table } from '../report/report.js';
import type { RunConfig } from '../run/run-config.js';
import type { Estimate } from '../statistics/bootstrap.js';
import type { PerplexityCell, PerplexitySummary, SystemPerplexity } from './summarize-perplexity.js';

export function perplexityReport(summary: PerplexitySummary, config: RunConfig): Report {
  return {
    title: 'Masked infilling perplexity',
    lead: [
      `The same ${summary.unit}s are masked for every system. Lower is better. Brackets hold the middle 95 % of a bootstrap over documents.`,
      `maria ${config.environment.maria}; ${formatMachine(config.environment.machine)}.`,
    ],
    sections: [systemsSection(summary), ...perplexitySections(summary)],
  };
}

function systemsSection({ systems }: PerplexitySummary): Section {
  return {
    heading: 'Systems',
    tables: [
      {
        columns: [{ name: 'system' }, { name: 'likelihood' }, { name: 'how' }],
        rows: systems.map(({ name, likelihood }) => [
          name,
          likelihood.kind === 'exact' ? 'exact' : 'upper bound of the loss (≤)',
          likelihood.how,
        ]),
      },
    ],
  };
}

/** One for each data set. */
export function perplexitySections(summary: PerplexitySummary): Section[] {
  const sets = [...new Set(summary.cells.map(({ data }) => data))];
  return sets.map((data) => {
    const cells = summary.cells.filter((cell) => cell.data === data);
    const leftOut = cells.reduce((total, cell) => total + cell.leftOut, 0);
    const [{ documents, texts }] = cells as [PerplexityCell];
    return {
      heading: data,
      text: [
        `${documents} documents, ${texts} texts${leftOut > 0 ? `; ${leftOut} texts left out over all rates, which some system could not read` : ''}.`,
      ],
      charts: cells.length > 1 ? [lineChartSvg(chartOf(summary, cells, data))] : [],
      tables: tablesOf(summary, cells),
    };
  });
}

/** Of all data sets one after the other, for a terminal. */
export function perplexityTables(summary: PerplexitySummary): Table[] {
  const sections = perplexitySections(summary);
  return sections.flatMap(({ heading, tables = [] }) =>
    tables.map((table) => ({
      ...table,
      caption: sections.length > 1 ? `${heading}: ${table.caption}` : (table.caption ?? ''),
    })),
  );
}

function tablesOf(summary: PerplexitySummary, cells: readonly PerplexityCell[]): Table[] {
  const { unit, oneVocabulary } = summary;
  const bounds = boundsOf(summary);
  const table = (caption: string, of: (one: SystemPerplexity) => Estimate, digits: number): Table => ({
    caption,
    columns: columnsOf(cells),
    rows: summary.systems.map(({ name }) => [
      name,
      ...cells.map(({ systems }) =>
        estimateText(of(systems.find(({ system }) => system === name)!), {
          digits,
          sign: bounds.has(name) ? '≤' : '',
        }),
      ),
    ]),
  });
  const tables = [
    table(`Nats a masked ${unit}`, ({ natsPerUnit }) => natsPerUnit, 3),
    table(`Bits a byte of the masked ${unit}s`, ({ bitsPerByte }) => bitsPerByte, 3),
    ...(oneVocabulary
      ? [table('Perplexity a masked token', ({ perplexityPerToken }) => perplexityPerToken, 2)]
      : []),
  ];
  const [first, ...others] = summary.systems;
  if (others.length === 0) return tables;
  return [
    ...tables,
    {
      caption: `Difference from ${first!.name}, in nats a masked ${unit}, over the same documents: below 0 is better than ${first!.name}`,
      columns: columnsOf(cells),
      rows: others.map(({ name }) => [
        name,
        ...cells.map(({ differences }) =>
          estimateText(differences.find(({ system }) => system === name)!.natsPerUnit, {
            digits: 3,
            sign: signOf(bounds.has(name), bounds.has(first!.name)),
            signed: true,
          }),
        ),
      ]),
    },
  ];
}

/** Of a difference of losses of which one or both are upper bounds. */
function signOf(isBound: boolean, fromBound: boolean): string {
  if (isBound && fromBound) return 'of bounds:';
  return isBound ? '≤' : fromBound ? '≥' : '';
}

function boundsOf({ systems }: PerplexitySummary): ReadonlySet<string> {
  return new Set(systems.filter(({ likelihood }) => likelihood.kind === 'bound').map(({ name }) => name));
}

function columnsOf(cells: readonly PerplexityCell[]): Table['columns'] {
  const masked = cells.map(({ rate }) => (rate === undefined ? 'the gaps of the data' : `${rate} masked`));
  return [{ name: 'system' }, ...masked.map((name) => ({ name, align: 'right' as const }))];
}

function chartOf(summary: PerplexitySummary, cells: readonly PerplexityCell[], data: string): LineChart {
  const bounds = boundsOf(summary);
  return {
    title: `Loss over mask rate, ${data}`,
    x: { label: `part of the ${summary.unit}s that is masked` },
    y: { label: `nats a masked ${summary.unit}` },
    series: summary.systems.map(({ name }) => {
      const estimates = cells.map(
        ({ systems }) => systems.find(({ system }) => system === name)!.natsPerUnit,
      );
      return {
        name: bounds.has(name) ? `${name} (≤)` : name,
        points: cells.map(({ rate }, i) => [rate ?? Number.NaN, estimates[i]!.value] as const),
        intervals: estimates.map(({ low, high }) =>
          low === undefined || high === undefined ? undefined : ([low, high] as const),
        ),
      };
    }),
  };
}
