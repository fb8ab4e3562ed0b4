// What `maria bench throughput` shows of its records.
import type { LoadedForm, ThroughputRecord, WeightRead } from '@maria/eval';
import { type Column, rounded, tableLine } from './table.js';

/** What records differ in beside system and length, and how it is shown. */
const variants = {
  quantize: { column: { heading: 'quantize', width: 8, align: 'left' }, name: ({ quantize }) => quantize },
  batch: { column: { heading: 'batch', width: 5 }, name: ({ batch }) => `batch ${batch}` },
  speculate: {
    column: { heading: 'speculate', width: 9 },
    name: ({ speculate }) => `speculate ${speculate}`,
  },
  acceptance: {
    column: { heading: 'acceptance', width: 10 },
    name: ({ acceptance }) => (acceptance === undefined ? undefined : `acceptance ${acceptance}`),
  },
} satisfies Record<string, { column: Column; name(record: ThroughputRecord): string | undefined }>;
type Variant = keyof typeof variants;
const variantNames = Object.keys(variants) as Variant[];

const names: readonly Column[] = [
  { heading: 'length', width: 6 },
  { heading: 'system', width: 18, align: 'left' },
];
const draftColumns: readonly Column[] = [
  { heading: 'drafted', width: 7 },
  { heading: 'accepted', width: 8 },
  { heading: 'window', width: 6 },
];
const numbers: readonly Column[] = [
  { heading: 'gaps', width: 8 },
  { heading: 'gaps/s', width: 8 },
  { heading: 'tokens/s', width: 8 },
  { heading: 'ms/gap min', width: 10 },
  { heading: 'median', width: 6 },
  { heading: 'step min', width: 8 },
  { heading: 'passes MLM', width: 10 },
  { heading: 'AR', width: 5 },
  { heading: 'MLM ms', width: 6 },
  { heading: 'AR', width: 6 },
  { heading: 'head', width: 6 },
  { heading: 'sampling', width: 8 },
  { heading: 'copies', width: 6 },
];

/**
 * With a column for each variant that is shown, and those of drafts where there are any.
 * @param room columns of the terminal
 */
export function throughputTable(shown: Readonly<Partial<Record<Variant, boolean>>>, room?: number) {
  const several = variantNames.filter((name) => shown[name]);
  const drafts = shown.speculate ? draftColumns : [];
  const columns = [...names, ...several.map((name) => variants[name].column), ...numbers, ...drafts];
  return {
    heading: tableLine(columns, undefined, room),
    line: (record: ThroughputRecord) => {
      const { length, system, drafted, accepted, window } = record;
      const cells = [
        String(length),
        system,
        ...several.map((name) => String(record[name] ?? '')),
        ...numbersOf(record),
        ...(shown.speculate ? [String(drafted), String(accepted), window.toFixed(1)] : []),
      ];
      return tableLine(columns, cells, room);
    },
  };
}

function numbersOf(record: ThroughputRecord): string[] {
  const { gaps, filled, gapsPerSecond, tokensPerSecond, msPerGap, stepMs, passes, time } = record;
  return [
    filled < gaps ? `${filled}/${gaps}` : String(gaps),
    rounded(gapsPerSecond),
    rounded(tokensPerSecond),
    rounded(msPerGap.min),
    rounded(msPerGap.median),
    rounded(stepMs.min),
    String(passes.mlm),
    String(passes.ar),
    ...[time.mlm, time.ar, time.head, time.sampling, time.copies].map(rounded),
  ];
}

/** A line for each length and each form after the first: how many times as fast its systems are. */
export function speedupLines(records: readonly ThroughputRecord[]): string[] {
  const [first] = records;
  if (!first) return [];
  const several = variantNames.filter((name) => new Set(records.map((record) => record[name])).size > 1);
  const nameOf = (record: ThroughputRecord) =>
    several
      .map((name) => variants[name].name(record))
      .filter((name) => name !== undefined)
      .join(', ');
  const lines = new Map<string, ThroughputRecord[]>();
  for (const record of records) {
    if (record.speedup === undefined) continue;
    const key = `${record.length} ${nameOf(record)}`;
    lines.set(key, [...(lines.get(key) ?? []), record]);
  }
  return [...lines.values()].map((compared) => {
    const { length } = compared[0]!;
    const [ratio, ...others] = compared.map(({ speedup, system }) => [speedup!.toFixed(2), system]);
    const rest = others.map(([times, system]) => `, ${times} times (${system})`).join('');
    const cut = records.some((record) => record.length === length && record.filled < record.gaps);
    // A run that ends early spreads its MLM pass, and its short context, over fewer gaps.
    const caution = cut ? '; --time-limit ended some runs, which makes this inexact' : '';
    return `${nameOf(compared[0]!)} fills ${ratio![0]} times as many gaps a second as ${nameOf(first)} at length ${length} (${ratio![1]})${rest}${caution}`;
  });
}

/** The fastest step beside the reading of its weights. */
export function weightReadLine(
  { length, quantize, stepMs }: ThroughputRecord,
  { bytes, storedBytes, ms, ratio }: WeightRead,
): string {
  const megabytes = (count: number) => `${Math.round(count / 1e6)} MB`;
  const what = quantize === 'none' ? 'maria' : `maria, ${quantize}`;
  const speed = (bytes / ms / 1e6).toFixed(1);
  return `${what} at length ${length}: fastest step ${rounded(stepMs.min)} ms; reading its weights, ${megabytes(bytes)} in memory (${megabytes(storedBytes)} stored), at ${speed} GB/s takes ${rounded(ms)} ms: ${ratio.toFixed(2)}`;
}

/** Load times and memory, which all records share. Of a KV cache only what was written to is in the peak. */
export function throughputSummary(
  forms: readonly LoadedForm[],
  records: readonly ThroughputRecord[],
): string {
  const peak = Math.max(...records.map(({ memory }) => memory.peakRss));
  const loads = forms.map(({ quantize, loadMs }) =>
    forms.length > 1 ? `${rounded(loadMs)} ms (${quantize})` : `${rounded(loadMs)} ms`,
  );
  const kvCaches = forms.length * records[0]!.memory.kvCache;
  const mebibytes = (bytes: number) => `${Math.round(bytes / 2 ** 20)} MiB`;
  return `load: ${loads.join(', ')}, peak memory: ${mebibytes(peak)}, allocated for KV cache: ${mebibytes(kvCaches)}`;
}
