// The throughput benchmark as charts: gaps a second over length, over the window of drafts, and over the acceptance of drafts.
import { type LineChart, lineChartSvg, type Series } from '@maria/charts';
import type { ThroughputRecord } from './run-throughput.js';

const y = { label: 'filled gaps a second' };

/** An SVG document: over length, or where windows of drafts are compared, over those and over their acceptance. */
export function throughputChart(records: readonly ThroughputRecord[], pair: string): string {
  const maskRate = records[0]?.maskRate ?? 0;
  const title = (what: string) => `${what} of ${pair} at mask rate ${maskRate}`;
  const windows = valuesOf(records, 'speculate').length > 1;
  if (!windows)
    return lineChartSvg({
      title: title('Throughput'),
      x: { label: 'sequence length (tokens)', scale: 'log' },
      y,
      series: seriesOf(records, ['system', 'quantize', 'batch', 'acceptance'], ({ length }) => length),
    });
  const maria = records.filter(({ system }) => system === 'maria');
  const charts: LineChart[] = [
    {
      title: title('Throughput over the window'),
      x: { label: 'drafts ahead' },
      y,
      series: windowSeries(maria),
    },
  ];
  if (valuesOf(maria, 'acceptance').length > 1) {
    const drafting = maria.filter(({ acceptance }) => acceptance !== undefined);
    charts.push({
      title: title('Throughput over acceptance'),
      x: { label: 'part of the drafts that is right' },
      y,
      series: seriesOf(
        drafting,
        ['length', 'quantize', 'batch', 'speculate'],
        (record) => record.acceptance!,
      ),
    });
  }
  return lineChartSvg(...charts);
}

/** A line from off to the widest window for each kind of drafts, and beside it the point of `auto`, at the window that it chose. */
function windowSeries(records: readonly ThroughputRecord[]): Series[] {
  const fields = ['length', 'quantize', 'batch'] as const;
  const off = records.filter(({ speculate }) => speculate === 'off');
  const fixed = records.filter(({ speculate }) => typeof speculate === 'number');
  const auto = records.filter(({ speculate }) => speculate === 'auto');
  const acceptances = valuesOf([...fixed, ...auto], 'acceptance');
  // Without drafts there is nothing to accept: those records begin the lines of all acceptances.
  const lines = [
    ...acceptances.flatMap((acceptance) => off.map((record) => ({ ...record, acceptance }))),
    ...fixed,
  ];
  return groupsOf<Drawn>([...lines, ...auto], [...fields, 'acceptance']).map(([name, drawn]) => ({
    name,
    points: drawn
      .filter(({ speculate }) => speculate !== 'auto')
      .map(({ speculate, gapsPerSecond }) => [speculate === 'off' ? 0 : Number(speculate), gapsPerSecond]),
    apart: drawn
      .filter(({ speculate }) => speculate === 'auto')
      .map(({ window, gapsPerSecond }) => ({ point: [window, gapsPerSecond], label: 'auto' })),
  }));
}

type Field = 'system' | 'length' | 'quantize' | 'batch' | 'speculate' | 'acceptance';

/** Also with an acceptance that is not there. */
type Drawn = Omit<ThroughputRecord, 'acceptance'> & { readonly acceptance?: number | undefined };

function seriesOf<R extends Drawn>(
  records: readonly R[],
  fields: readonly Field[],
  x: (record: R) => number,
): Series[] {
  return groupsOf(records, fields).map(([name, drawn]) => ({
    name,
    points: drawn.map((record) => [x(record), record.gapsPerSecond] as const),
  }));
}

/** The records of each combination of the fields, which is named by the system and by those that vary. */
function groupsOf<R extends Drawn>(
  records: readonly R[],
  fields: readonly Field[],
): (readonly [name: string, records: readonly R[]])[] {
  const shown = fields.filter((field) => field === 'system' || valuesOf(records, field).length > 1);
  const nameOf = (record: R) =>
    shown
      .filter((field) => record[field] !== undefined)
      .map((field) => labelOf(field, record))
      .join(', ') || record.system;
  return [...new Set(records.map(nameOf))].map(
    (name) => [name, records.filter((record) => nameOf(record) === name)] as const,
  );
}

function labelOf(field: Field, record: Drawn): string {
  const value = record[field];
  if (field === 'system' || field === 'quantize') return String(value);
  return `${field} ${value}`;
}

function valuesOf<F extends Field>(records: readonly Drawn[], field: F): Drawn[F][] {
  return [...new Set(records.map((record) => record[field]))];
}
