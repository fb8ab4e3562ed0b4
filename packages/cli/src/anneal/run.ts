// Runs the chains of one `maria anneal`, one after the other, and writes each text as soon as its chain is done.
import type { AnnealOptions, MariaModel, SweepRecord } from '@maria/core';
import type { Sink } from '../output.js';
import type { StatusLine } from '../status-line.js';
import type { Annealing } from './engine.js';
import { ChainProgress } from './progress.js';
import { annealRecord } from './records.js';
import type { Chains, TraceFile } from './trace-file.js';

export interface AnnealRun {
  readonly engine: Annealing;
  readonly model: MariaModel;
  readonly options: AnnealOptions & { readonly signal: AbortSignal };
  readonly chains: number;
  readonly format: 'text' | 'json' | 'events';
  readonly show: 'best' | 'last';
  readonly sink: Sink;
  readonly trace?: TraceFile | undefined;
  /** Sweeps of an earlier run. */
  readonly resume?: Chains | undefined;
  readonly status: StatusLine;
}

/** Returns the records of each chain, those of the earlier run included. */
export async function runAnneal(run: AnnealRun): Promise<SweepRecord[][]> {
  const chains: SweepRecord[][] = [];
  for (let chain = 0; chain < run.chains; chain++) chains.push(await runChain(run, chain));
  return chains;
}

async function runChain(run: AnnealRun, chain: number): Promise<SweepRecord[]> {
  const { engine, model, sink, status } = run;
  const records = [...(run.resume?.get(chain) ?? [])];
  const progress = new ChainProgress({ chain, chains: run.chains, sweeps: sweepsOf(run.options) });
  const events = engine.anneal(model, { ...run.options, chain, resume: [...records] });
  try {
    for (let step = await events.next(); ; step = await events.next()) {
      if (step.done) {
        status.clear();
        await writeResult(run, step.value[run.show], records);
        return records;
      }
      const event = step.value;
      if (event.type === 'sweep-end') {
        const { type: _, ...record } = event;
        await run.trace?.append(record);
        records.push(record);
      }
      progress.follow(event);
      status.show(progress.line());
      if (run.format === 'events') await sink.write(`${JSON.stringify({ chain, ...event })}\n`);
    }
  } finally {
    status.clear();
  }
}

function sweepsOf({ sweeps = 16, budgetMs }: AnnealOptions): number | undefined {
  return budgetMs === undefined ? sweeps : undefined;
}

async function writeResult(
  { engine, model, format, sink }: AnnealRun,
  shown: SweepRecord,
  records: readonly SweepRecord[],
): Promise<void> {
  if (format === 'events') return;
  if (format === 'text') return sink.write(`${shown.text}\n`);
  await sink.write(`${JSON.stringify(await annealRecord(engine, model, shown, records))}\n`);
}
