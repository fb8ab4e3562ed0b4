// Runs the throughput benchmark of one command, and writes each record as soon as it is done.
import type { MariaModel } from '@maria/core';
import type { Machine, ThroughputOptions, ThroughputRecord, WeightReader } from '@maria/eval';
import type { Sink } from '../output.js';
import { throughputHeading, throughputLine, throughputSummary, weightReadLine } from './throughput-lines.js';

export type Benchmarks = Pick<
  typeof import('@maria/eval'),
  'benchmarkThroughput' | 'formatMachine' | 'weightRead'
>;

export interface WeightReading {
  /** Made for each measurement: it holds memory that would count as the model's. */
  readonly open: () => Promise<WeightReader>;
  /** Of the weights that a step of `maria` multiplies. */
  readonly bytes: number;
}

export interface ThroughputRun {
  readonly model: MariaModel;
  readonly options: ThroughputOptions;
  /** What the pair is called. */
  readonly pair: string;
  readonly quantize: 'none' | 'int4' | 'int8';
  readonly machine: Machine;
  readonly readWeights: WeightReading | undefined;
  readonly json: boolean;
  readonly sink: Sink;
  /** Takes a line for the person who runs the command. */
  readonly note: (line: string) => void;
}

/** @throws UsageError when a length does not fit the model; InterruptedError */
export async function runThroughput(bench: Benchmarks, run: ThroughputRun): Promise<ThroughputRecord[]> {
  const { model, options, pair, quantize, machine, readWeights, json, sink, note } = run;
  if (!json) {
    note(`${bench.formatMachine(machine)}; ${pair}${quantize === 'none' ? '' : `, ${quantize}`}`);
    await sink.write(`${throughputHeading}\n`);
  }
  const records: ThroughputRecord[] = [];
  const reads: string[] = [];
  for await (const record of bench.benchmarkThroughput(model, options)) {
    records.push(record);
    const compared =
      readWeights && record.system === 'maria' && (await compare(bench, record, readWeights, options));
    if (compared) reads.push(weightReadLine(record, compared));
    const all = { ...record, ...(compared && { weightRead: compared }), pair, quantize, machine };
    await sink.write(`${json ? JSON.stringify(all) : throughputLine(record)}\n`);
  }
  if (!json && records.length > 0) for (const line of [...reads, throughputSummary(records)]) note(line);
  return records;
}

/** Measures reading right after the steps that it is compared with. */
async function compare(
  { weightRead }: Benchmarks,
  record: ThroughputRecord,
  { open, bytes }: WeightReading,
  { clock }: ThroughputOptions,
) {
  const reader = await open();
  try {
    return weightRead(record, bytes, await reader.measure({ warmUp: 1, repetitions: 10, clock }));
  } finally {
    reader.dispose();
  }
}
