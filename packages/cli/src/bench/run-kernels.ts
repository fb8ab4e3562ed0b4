// Runs the kernel benchmarks of one command, and writes each as soon as it is done.
import type { Backend } from '@maria/core';
import type { DecodeStepOptions, KernelOptions, Machine } from '@maria/eval';
import type { Sink } from '../output.js';
import { decodeStepLines, kernelHeading, kernelLine, wrongKernel } from './kernel-lines.js';

export type Benchmarks = Pick<
  typeof import('@maria/eval'),
  'benchmarkDecodeStep' | 'benchmarkKernels' | 'mostCapacityRatio' | 'mostStepRatio'
>;

export interface KernelRun extends Omit<KernelOptions, 'backend'> {
  readonly backend: Backend;
  /** Sizes of the decode step; it is left out without them. */
  readonly decodeStep: DecodeStepOptions['sizes'];
  readonly machine: Machine;
  readonly json: boolean;
  readonly sink: Sink;
  /** Of the terminal that the table is for. @default no limit */
  readonly columns?: number;
  /** Takes a line for the person who runs the command. */
  readonly note: (line: string) => void;
}

/** Returns how many results were wrong. @throws InterruptedError */
export async function runKernels(bench: Benchmarks, run: KernelRun): Promise<number> {
  const { backend, decodeStep, machine, json, sink, columns, note, ...options } = run;
  const { name, device } = backend;
  const recordLine = (record: object) => JSON.stringify({ ...record, backend: name, device, machine });
  let wrong = 0;
  if (!json && run.kernels.length > 0) await sink.write(`${kernelHeading(columns)}\n`);
  for await (const record of bench.benchmarkKernels({ backend, ...options })) {
    await sink.write(`${json ? recordLine(record) : kernelLine(record, columns)}\n`);
    if (record.check.correct) continue;
    wrong++;
    note(wrongKernel(`${record.kernel} ${record.label}`, record.check));
  }
  if (!decodeStep) return wrong;

  const record = await bench.benchmarkDecodeStep({ backend, ...options, sizes: decodeStep });
  const limits = { step: bench.mostStepRatio, capacity: bench.mostCapacityRatio };
  const lines = json ? [recordLine(record)] : decodeStepLines(record, limits);
  await sink.write(`${lines.join('\n')}\n`);
  for (const [against, check] of Object.entries(record.checks)) {
    if (check.correct) continue;
    wrong++;
    note(wrongKernel(`the decode step (${against})`, check));
  }
  return wrong;
}
