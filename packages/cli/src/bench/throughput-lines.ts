// What `maria bench throughput` shows of its records.
import type { ThroughputRecord } from '@maria/eval';
import { type Column, rounded, tableLine } from './table.js';

const columns: readonly Column[] = [
  { heading: 'length', width: 6 },
  { heading: 'system', width: 18, align: 'left' },
  { heading: 'gaps', width: 8 },
  { heading: 'tokens/s', width: 8 },
  { heading: 'ms/gap min', width: 10 },
  { heading: 'median', width: 6 },
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
  const { length, system, gaps, filled, tokensPerSecond, msPerGap, passes, time } = record;
  return tableLine(columns, [
    String(length),
    system,
    filled < gaps ? `${filled}/${gaps}` : String(gaps),
    rounded(tokensPerSecond),
    rounded(msPerGap.min),
    rounded(msPerGap.median),
    String(passes.mlm),
    String(passes.ar),
    ...[time.mlm, time.ar, time.head, time.sampling, time.copies].map(rounded),
  ]);
}

/** Load time and memory, which all records share. */
export function throughputSummary(records: readonly ThroughputRecord[]): string {
  const peak = Math.max(...records.map(({ memory }) => memory.peakRss));
  const { time, memory } = records[0]!;
  const mebibytes = (bytes: number) => `${Math.round(bytes / 2 ** 20)} MiB`;
  return `load: ${rounded(time.load)} ms, peak memory: ${mebibytes(peak)}, of which KV cache: ${mebibytes(memory.kvCache)}`;
}
