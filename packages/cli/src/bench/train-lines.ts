// What `maria bench train` shows of its record.
import type { TrainRecord } from '@maria/eval';
import { readableSize } from '../readable-size.js';
import { rounded } from './table.js';

/** @param most bytes beyond head and optimiser that a step may take, where there is a limit for these sizes */
export function trainLines(record: TrainRecord, most: number | undefined): string[] {
  const { sizes, check, ms, memory, matmul, shareOfMatmul } = record;
  const title = `head training, V ${sizes.vocabularySize}, d ${sizes.arHiddenSize} + ${sizes.mlmHiddenSize}, ${sizes.tokens} masked tokens a step`;
  if (!ms || !memory || !matmul || !shareOfMatmul)
    return [`${title}: wrong, it differs from the reference by ${check.error.toExponential(1)}`];
  const percent = (share: number) => `${(100 * share).toFixed(0)} %`;
  const verdict =
    most === undefined ? '' : `, at most ${readableSize(most)}: ${memory.beyond <= most ? 'pass' : 'FAIL'}`;
  return [
    title,
    `step: ${rounded(ms.step.min)} ms (median ${rounded(ms.step.median)}): losses and gradients ${rounded(ms.gradient.min)}, optimiser ${rounded(ms.update.min)}, ${(ms.update.median / ms.step.median).toFixed(2)} of the step`,
    `speed: ${rounded(record.tokensPerSecond!)} tokens/s, ${rounded(record.gigaflopsPerSecond!)} GFLOP/s, ${rounded(record.gigaflopsPerCpuSecond!)} a CPU second`,
    `a product of matrices: ${rounded(matmul.gigaflopsPerSecond)} GFLOP/s, ${rounded(matmul.gigaflopsPerCpuSecond)} a CPU second; training runs at ${percent(shareOfMatmul.time)} of it, ${percent(shareOfMatmul.cpuTime)} by CPU time`,
    `memory: peak ${readableSize(memory.peak)}: head ${readableSize(memory.head)}, optimiser ${readableSize(memory.optimizer)}, the rest ${readableSize(memory.beyond)}${verdict}`,
  ];
}
