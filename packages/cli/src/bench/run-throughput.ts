// Runs the throughput benchmark of one command, and writes each record as soon as it is done.
import type {
  LoadedForm,
  Machine,
  StepWeights,
  ThroughputOptions,
  ThroughputRecord,
  WeightReader,
} from '@maria/eval';
import type { Sink } from '../output.js';
import { speedupLines, throughputSummary, throughputTable, weightReadLine } from './throughput-lines.js';

export type Benchmarks = Pick<
  typeof import('@maria/eval'),
  'benchmarkThroughput' | 'formatMachine' | 'weightRead'
>;

export interface WeightReading {
  /** Made for each measurement: it holds memory that would count as the model's. */
  readonly open: () => Promise<WeightReader>;
  /** Those that a step of `maria` multiplies. */
  readonly weights: (quantize: LoadedForm['quantize']) => StepWeights;
}

export interface ThroughputRun {
  /** The pair in each quantisation that is compared. */
  readonly forms: readonly [LoadedForm, ...LoadedForm[]];
  readonly options: ThroughputOptions;
  /** What the pair is called. */
  readonly pair: string;
  /** The file of the texts, where there is one. */
  readonly data?: string | undefined;
  /** Where it computes. */
  readonly device: string;
  readonly machine: Machine;
  readonly readWeights: WeightReading | undefined;
  readonly json: boolean;
  readonly sink: Sink;
  /** Of the terminal that the table is for. @default no limit */
  readonly columns?: number;
  /** Takes a line for the person who runs the command. */
  readonly note: (line: string) => void;
}

/** @throws UsageError when a length does not fit the model, or no text has a gap: nothing is written then; InterruptedError */
export async function runThroughput(bench: Benchmarks, run: ThroughputRun): Promise<ThroughputRecord[]> {
  const { forms, options, pair, data, device, machine, readWeights, json, sink, columns, note } = run;
  const quantizations = forms.map(({ quantize }) => quantize);
  const table = throughputTable(
    {
      quantize: quantizations.length > 1,
      batch: (options.batches?.length ?? 1) > 1,
      speculate: options.speculates?.some((speculate) => speculate !== 'off') ?? false,
      acceptance: options.acceptances !== undefined,
    },
    columns,
  );
  const measured = await bench.benchmarkThroughput(forms, options);
  if (!json) {
    const held = quantizations.join() === 'none' ? '' : `, ${quantizations.join(' and ')}`;
    const where = device === 'cpu' ? '' : `; on ${device}`;
    note(`${bench.formatMachine(machine)}; ${pair}${held}${where}`);
    await sink.write(`${table.heading}\n`);
  }
  const records: ThroughputRecord[] = [];
  const reads: string[] = [];
  for await (const record of measured) {
    records.push(record);
    const compared =
      readWeights && isPlainStep(record) && (await compare(bench, record, readWeights, options));
    if (compared) reads.push(weightReadLine(record, compared));
    const all = {
      ...record,
      ...(compared && { weightRead: compared }),
      pair,
      ...(data !== undefined && { data }),
      device,
      machine,
    };
    await sink.write(`${json ? JSON.stringify(all) : table.line(record)}\n`);
  }
  if (!json && records.length > 0)
    for (const line of [...speedupLines(records), ...reads, throughputSummary(forms, records)]) note(line);
  return records;
}

/** Whether a step is one pass for one text. */
function isPlainStep({ system, batch, speculate }: ThroughputRecord): boolean {
  return system === 'maria' && batch === 1 && speculate === 'off';
}

/** Measures reading right after the steps that it is compared with. */
async function compare(
  { weightRead }: Benchmarks,
  record: ThroughputRecord,
  { open, weights }: WeightReading,
  { clock }: ThroughputOptions,
) {
  const reader = await open();
  try {
    const speed = await reader.measure({ warmUp: 1, repetitions: 10, clock });
    return weightRead(record, weights(record.quantize), speed);
  } finally {
    reader.dispose();
  }
}
