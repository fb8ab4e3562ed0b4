// Runs the chains of one `maria anneal`, as many at once as there are lanes, and writes the text of each when it is its turn.
import type { AnnealEvent, AnnealOptions, AnnealResult, MariaModel, SweepRecord } from '@maria/core';
import { type Sink, writeRecord } from '../output.js';
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
  const { engine, model, sink, status } = run;
  const chains: SweepRecord[][] = [];
  const numbers = Array.from({ length: run.chains }, (_, chain) => chain);
  const running = new Set<number>();
  try {
    const runs = engine.inOrder(numbers, model.ar.lanes, (chain) => runChain(run, chain, running));
    for await (const told of runs) {
      if ('error' in told) throw told.error;
      if ('event' in told) {
        await writeRecord(sink, { chain: told.input, ...told.event });
        continue;
      }
      const { result, records } = told.result;
      status.clear();
      await writeResult(run, result[run.show], records);
      chains.push(records);
    }
    return chains;
  } finally {
    status.clear();
  }
}

/** Tells its events where they are asked for: they wait for their turn in memory. @param running chains at this time */
async function* runChain(
  run: AnnealRun,
  chain: number,
  running: Set<number>,
): AsyncGenerator<AnnealEvent, { result: AnnealResult; records: SweepRecord[] }> {
  const { engine, model, status } = run;
  const records = [...(run.resume?.get(chain) ?? [])];
  const progress = new ChainProgress({ chain, chains: run.chains, sweeps: sweepsOf(run.options) });
  const events = engine.anneal(model, { ...run.options, chain, resume: [...records] });
  running.add(chain);
  try {
    for (let step = await events.next(); ; step = await events.next()) {
      if (step.done) return { result: step.value, records };
      const event = step.value;
      if (event.type === 'sweep-end') {
        const { type: _, ...record } = event;
        // At once, whoever's turn it is: a run that is killed has lost no sweep.
        await run.trace?.append(record);
        records.push(record);
      }
      progress.follow(event);
      // One line for all: of the first chain that is not done.
      if (chain === Math.min(...running)) status.show(progress.line());
      if (run.format === 'events') yield event;
    }
  } finally {
    running.delete(chain);
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
  await writeRecord(sink, await annealRecord(engine, model, shown, records));
}
