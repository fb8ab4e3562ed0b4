// What `maria bench kernels` shows of its records.
import type { DecodeStepRecord, KernelRecord } from '@maria/eval';
import { type Column, rounded, tableLine } from './table.js';

const columns: readonly Column[] = [
  { heading: 'kernel', width: 17, align: 'left' },
  { heading: 'model', width: 7, align: 'left' },
  { heading: 'shape', width: 22, align: 'left' },
  { heading: 'error', width: 7 },
  { heading: 'ms min', width: 7 },
  { heading: 'median', width: 7 },
  { heading: 'GB/s', width: 5 },
  { heading: 'GFLOP/s', width: 7 },
];

/** @param room columns of the terminal */
export function kernelHeading(room?: number): string {
  return tableLine(columns, undefined, room);
}

export function kernelLine(record: KernelRecord, room?: number): string {
  const { kernel, model, label, check, ms, gigabytesPerSecond, gigaflopsPerSecond } = record;
  const numbers = ms
    ? [ms.min, ms.median, gigabytesPerSecond!, gigaflopsPerSecond!].map(rounded)
    : ['wrong', '', '', ''];
  return tableLine(columns, [kernel, model, label, check.error.toExponential(1), ...numbers], room);
}

/** Of a benchmark with its limits, which are for whoever reads it: a busy machine fails them too. */
export function decodeStepLines(
  { sizes, ms, stepRatio, capacityRatio }: DecodeStepRecord,
  limits: { readonly step: number; readonly capacity: number },
): string[] {
  const { layers, hiddenSize, context, capacity, largerCapacity } = sizes;
  const title = `decode step, layers × width ${layers} × ${hiddenSize}, context ${context}`;
  if (!ms || stepRatio === undefined || capacityRatio === undefined) return [`${title}: wrong`];
  const verdict = (ratio: number, most: number) =>
    `${ratio.toFixed(2)}, at most ${most.toFixed(2)}: ${ratio <= most ? 'pass' : 'FAIL'}`;
  return [
    `${title}: ${rounded(ms.step.median)} ms`,
    `  over its attention kernels (${rounded(ms.attention.median)} ms) and linear layers (${rounded(ms.linear.median)} ms): ${verdict(stepRatio, limits.step)}`,
    `  with a KV cache of ${largerCapacity} (${rounded(ms.stepAtLargerCapacity.median)} ms) over one of ${capacity}: ${verdict(capacityRatio, limits.capacity)}`,
  ];
}

/** What was wrong, for standard error. */
export function wrongKernel(what: string, { error, tolerance }: KernelRecord['check']): string {
  return `Cannot time ${what}: it differs from the reference by ${error.toExponential(1)} of the largest value, at most ${tolerance.toExponential(1)} is rounding.`;
}
