// What `maria bench throughput` shows of its records.
import type { ThroughputRecord, WeightRead } from '@maria/eval';
import { type Column, rounded, tableLine } from './table.js';

const columns: readonly Column[] = [
  { heading: 'length', width: 6 },
  { heading: 'system', width: 18, align: 'left' },
  { heading: 'gaps', width: 8 },
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

export const throughputHeading = tableLine(columns);

export function throughputLine(record: ThroughputRecord): string {
  const { length, system, gaps, filled, tokensPerSecond, msPerGap, stepMs, passes, time } = record;
  return tableLine(columns, [
    String(length),
    system,
    filled < gaps ? `${filled}/${gaps}` : String(gaps),
    rounded(tokensPerSecond),
    rounded(msPerGap.min),
    rounded(msPerGap.median),
    rounded(stepMs.min),
    String(passes.mlm),
    String(passes.ar),
    ...[time.mlm, time.ar, time.head, time.sampling, time.copies].map(rounded),
  ]);
}

/** The fastest step beside the reading of its weights. */
export function weightReadLine(
  { length, stepMs }: ThroughputRecord,
  { bytes, ms, ratio }: WeightRead,
): string {
  const speed = (bytes / ms / 1e6).toFixed(1);
  return `maria at length ${length}: fastest step ${rounded(stepMs.min)} ms; reading its ${Math.round(bytes / 1e6)} MB of weights at ${speed} GB/s takes ${rounded(ms)} ms: ${ratio.toFixed(2)}`;
}

/** Load time and memory, which all records share. */
export function throughputSummary(records: readonly ThroughputRecord[]): string {
  const peak = Math.max(...records.map(({ memory }) => memory.peakRss));
  const { time, memory } = records[0]!;
  const mebibytes = (bytes: number) => `${Math.round(bytes / 2 ** 20)} MiB`;
  return `load: ${rounded(time.load)} ms, peak memory: ${mebibytes(peak)}, of which KV cache: ${mebibytes(memory.kvCache)}`;
}
