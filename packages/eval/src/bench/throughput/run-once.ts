// One run of the throughput benchmark: some texts are filled, so many at once, and all that is counted is counted where it happens.
import {
  type SystemName as Decoding,
  type InfillEvent,
  type InfillOptions,
  InterruptedError,
  infill,
  inOrder,
  sequencesFor,
} from '@maria/core';
import type { Clock } from '../timing.js';
import type { MaskedSequence } from './masked-sequence.js';
import type { PartTimes, TimedModel } from './timed-model.js';

export interface Run {
  readonly filled: number;
  readonly msPerGap: number;
  /** From one filled gap of a text to its next. */
  readonly steps: readonly number[];
  readonly passes: { readonly mlm: number; readonly ar: number };
  /** Tokens, and how many of them were right. */
  readonly drafted: number;
  readonly accepted: number;
  readonly time: Readonly<PartTimes & { sampling: number; copies: number }>;
  /** Of each text, what was chosen at each position. */
  readonly chosen: readonly ReadonlyMap<number, number>[];
}

export interface RunOptions {
  readonly system: Decoding;
  readonly speculate: number | 'auto';
  /** 0 takes the most probable token. @default 0 */
  readonly temperature?: number | undefined;
  /** Of what is drawn. @default 0 */
  readonly seed?: number | undefined;
  /** Takes the place of the drafts of each text. */
  readonly drafts?: ((index: number) => NonNullable<InfillOptions['draft']>) | undefined;
  /** Texts that are decoded at once. */
  readonly batch: number;
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
  /** Whether so many filled gaps, in all texts together, are enough. */
  readonly enough: (filled: number) => boolean;
}

/** @throws InterruptedError, and what `infill` throws */
export async function runOnce(
  timed: TimedModel,
  texts: readonly MaskedSequence[],
  options: RunOptions,
): Promise<Run> {
  const { system, speculate, temperature = 0, seed = 0, drafts, batch, clock, signal, enough } = options;
  if (signal?.aborted) throw new InterruptedError();
  timed.reset();
  const started = clock();
  let ended = started;
  /** Set when enough is filled: what others still do then counts no more. */
  let over: (Pick<Run, 'passes'> & { readonly times: PartTimes }) | undefined;
  const counted = () => ({ passes: { ...timed.passes }, times: timed.times });
  let [filled, drafted, accepted] = [0, 0, 0];
  let copies: number | undefined;
  const steps: number[] = [];
  const firstSteps: number[] = [];
  const chosen = texts.map(() => new Map<number, number>());

  async function* fill(index: number): AsyncGenerator<never, void> {
    const ahead = new Map<number, number>();
    let last = clock();
    const count = (event: InfillEvent) => {
      // Until then, all that is done outside of the models is to keep the hidden states of the gaps.
      if (event.type === 'mlm-encoded') copies ??= clock() - started - sum(timed.times);
      if (event.type === 'drafted') {
        drafted += event.tokens.length;
        ahead.clear();
        for (const { position, id } of event.tokens) ahead.set(position, id);
      }
      if (event.type !== 'gap-filled') return;
      const { position, id } = event;
      if (ahead.get(position) === id) accepted++;
      else ahead.clear();
      ended = clock();
      // The first gap waits for the MLM, or for all that is before it.
      (chosen[index]!.size === 0 ? firstSteps : steps).push(ended - last);
      last = ended;
      chosen[index]!.set(position, id);
      if (enough(++filled)) over = counted();
    };
    if (over) return;
    for await (const event of infill(timed.model, texts[index]!.ids, {
      system,
      speculate,
      temperature,
      seed,
      record: index,
      ...(drafts && { draft: drafts(index) }),
      ...(signal && { signal }),
    })) {
      if (!over) count(event);
      if (over) return;
    }
    if (!over) ended = clock();
  }

  // As `maria infill` does it. The MLM needs no lane where it is alone.
  const atOnce = system === 'mlm' ? batch : sequencesFor(batch);
  for await (const told of inOrder(texts.keys(), atOnce, fill)) if ('error' in told) throw told.error;
  const total = ended - started;
  const { passes, times } = over ?? counted();
  copies ??= 0;
  return {
    filled,
    msPerGap: total / filled,
    steps: steps.length > 0 ? steps : firstSteps,
    passes,
    drafted,
    accepted,
    time: { ...times, sampling: total - sum(times) - copies, copies },
    chosen,
  };
}

function sum(times: Readonly<PartTimes>): number {
  return Object.values(times).reduce((total, ms) => total + ms, 0);
}
