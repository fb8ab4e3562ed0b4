// The report of an infill run: how near fills are, how probable and varied the texts, how fast they came, and some of them to read.
import { forestChartSvg } from '@maria/charts';
import { formatMachine } from '../bench/machine.js';
import { estimateText, fixed } from '../report/numbers.js';
import type { Report, Section, Table } from '../report/report.js';
import type { RunConfig } from '../run/run-config.js';
import type { InfillCell, InfillSummary } from './summarize-infill.js';

export function infillReport(summary: InfillSummary, config: RunConfig): Report {
  const { maria, machine } = config.environment;
  return {
    title: 'Infilling',
    lead: [
      'Each gap has as many tokens as the original has there: the length is given (the oracle protocol). Brackets hold the middle 95 % of a bootstrap over documents.',
      ...(summary.judge === undefined
        ? []
        : [
            `Generative perplexity is that of whole texts under the AR model of ${summary.judge}; read it with the entropy of their tokens beside it: text that repeats itself is probable.`,
          ]),
      `maria ${maria}; ${formatMachine(machine)}.`,
    ],
    sections: [...infillSections(summary), throughputSection(summary), examplesSection(summary)],
  };
}

export function infillSections(summary: InfillSummary): Section[] {
  return summary.cells.map((cell) => ({
    heading: cell.rate === undefined ? cell.data : `${cell.data}, ${cell.rate} masked`,
    text: [
      `${cell.documents} documents, ${cell.texts} texts, ${cell.gaps} gaps${cell.leftOut > 0 ? `; ${cell.leftOut} texts left out, which some system could not fill` : ''}.`,
    ],
    charts: [exactChart(cell)],
    tables: [fillTable(cell), ...(cell.judged.length > 0 ? [judgedTable(cell)] : [])],
  }));
}

/** For a terminal. */
export function infillTables(summary: InfillSummary): Table[] {
  const sections = infillSections(summary);
  return [
    ...sections.flatMap(({ heading, tables = [] }) =>
      tables.map((table) => ({ ...table, caption: `${heading}: ${table.caption}` })),
    ),
    ...(throughputSection(summary).tables ?? []),
  ];
}

const right = (name: string) => ({ name, align: 'right' as const });

function fillTable({ systems }: InfillCell): Table {
  const executed = systems.some(({ passed }) => passed);
  const percents = (estimate: Parameters<typeof estimateText>[0]) => {
    const { value, low, high } = estimate;
    return estimateText(
      {
        value: 100 * value,
        ...(low !== undefined && high !== undefined && { low: 100 * low, high: 100 * high }),
      },
      { digits: 1 },
    );
  };
  return {
    caption: 'Fills against what stood there, in percent',
    columns: [
      { name: 'system' },
      ...['exact', 'edit similarity', 'ROUGE-1', 'ROUGE-2', 'ROUGE-L', ...(executed ? ['pass@1'] : [])].map(
        right,
      ),
    ],
    rows: systems.map(({ system, exact, edit, rouge1, rouge2, rougeL, passed }) => [
      system,
      ...[exact, edit, rouge1, rouge2, rougeL].map(percents),
      ...(executed ? [passed ? percents(passed) : ''] : []),
    ]),
  };
}

function exactChart({ systems }: InfillCell): string {
  return forestChartSvg({
    title: 'Gaps filled as they were',
    label: 'exact matches (%)',
    rows: systems.map(({ system, exact: { value, low, high } }) => ({
      name: system,
      value: 100 * value,
      ...(low !== undefined && high !== undefined && { interval: [100 * low, 100 * high] as const }),
    })),
  });
}

/** Fills of a text, one after the other. */
function examplesSection({ examples }: InfillSummary): Section {
  const joined = (fills: readonly string[]) => fills.map((fill) => fill.trim()).join(' | ');
  return {
    heading: 'Some of the fills',
    tables: examples.map(({ gapped, references, fills }) => ({
      caption: gapped,
      columns: [{ name: 'system' }, { name: 'fills' }],
      rows: [
        ['the original', joined(references)],
        ...fills.map(({ system, fills: own }) => [system, joined(own)]),
      ],
    })),
  };
}

function judgedTable({ judged }: InfillCell): Table {
  return {
    caption: 'Whole texts',
    columns: [
      { name: 'system' },
      ...['generative perplexity', 'entropy (nats)', 'distinct-1', 'distinct-2'].map(right),
    ],
    rows: judged.map(({ system, generativePerplexity, entropy, distinct1, distinct2 }) => [
      system,
      estimateText(generativePerplexity),
      estimateText(entropy, { digits: 3 }),
      estimateText(distinct1, { digits: 3 }),
      estimateText(distinct2, { digits: 3 }),
    ]),
  };
}

function throughputSection({ throughput }: InfillSummary): Section {
  return {
    heading: 'Throughput',
    text: ['Of filling in this run, loading left out. What else the machine did is in it.'],
    tables: [
      {
        caption: 'Throughput',
        columns: [{ name: 'system' }, ...['filled tokens', 'seconds', 'tokens a second'].map(right)],
        rows: throughput.map(({ system, tokens, seconds, tokensPerSecond }) => [
          system,
          String(tokens),
          fixed(seconds, 1),
          fixed(tokensPerSecond, 1),
        ]),
      },
    ],
  };
}
