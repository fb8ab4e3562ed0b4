// A decoder for sequences of any length, made of one that knows nothing of windows: it fills them one after the other, and what they tell is
// told of the whole sequence.
import { UsageError } from '../errors.js';
import type { PartName } from '../maria/model.js';
import type { GapSpan } from '../text/encode-gaps.js';
import { type Token, tokenOf } from '../text/token.js';
import type { Decoder, DecodeTask } from './decoder.js';
import { eachSample, type FilledSample, noDrafts, sum } from './each-sample.js';
import type { Alternative, Exclusion, FilledGap, InfillEvent, Infilled, InfillPasses } from './events.js';
import { legalMassOf } from './filled-positions.js';
import { type PreparedInput, prepared as preparedOf } from './prepare.js';
import { searches } from './search-fills.js';
import { planWindows, spanOf, type Window, type WindowRoom } from './windows.js';

/**
 * Each window is decoded as a sequence of its own, in which the gaps before have their tokens and those after are masked. Noise and events
 * belong to positions of the whole sequence.
 * @throws UsageError `gap-too-long` for a gap that no window has room for
 */
export function inWindows<P extends PartName>(decoder: Decoder<P>, room: WindowRoom): Decoder<P> {
  return {
    needs: decoder.needs,
    async *decode(task) {
      const { model, prepared, masked, options } = task;
      const windows = planWindows({ ids: prepared.ids, masked }, room, model.vocabulary);
      if (!windows) return yield* decoder.decode(task);
      refuseLongGap(prepared, room);
      if (searches(task))
        throw new UsageError(
          'search-unfit',
          'Cannot search for fills in windows: they are compared as whole texts, and this one is too long to be read at once.',
          { try: 'Split the text.' },
        );
      const spans = windows.map(spanOf);
      yield { type: 'windows-planned', windows: spans };
      yield { type: 'mlm-encoded', ids: [...prepared.ids], positions: prepared.positions };
      let excluded: readonly Exclusion[] = [];
      const filled = yield* eachSample(model, options.samples, async function* (sample) {
        const run = new WindowRun(task, sample);
        for (const window of windows) excluded = yield* run.fill(decoder, window);
        return yield* run.finish();
      });
      return { ...filled, excluded, windows: spans };
    },
  };
}

function refuseLongGap({ gaps }: PreparedInput, { tokens }: WindowRoom): void {
  const gap = gaps.findIndex(({ length }) => length > tokens);
  if (gap >= 0)
    throw new UsageError(
      'gap-too-long',
      `Cannot fill the text in windows: gap ${gap + 1} has ${gaps[gap]!.length} tokens, and a window has room for ${tokens}.`,
      { try: 'Make the gap shorter, or the window larger.' },
    );
}

/** What one sample has been filled with so far. */
class WindowRun<P extends PartName> {
  readonly #task: DecodeTask<P>;
  readonly #sample: number;
  readonly #ids: Int32Array;
  readonly #indexOf: ReadonlyMap<number, number>;
  /** By the index of their position. */
  readonly #tokens: Token[] = [];
  readonly #probabilities: number[] = [];
  readonly #alternatives: (readonly Alternative[])[] = [];
  readonly #legalMass: (number | undefined)[] = [];
  #logLikelihood = 0;
  #steps = 0;
  #passes: InfillPasses = { mlm: 0, ar: 0 };
  #drafts = noDrafts();

  constructor(task: DecodeTask<P>, sample: number) {
    this.#task = task;
    this.#sample = sample;
    this.#ids = Int32Array.from(task.prepared.ids);
    this.#indexOf = new Map(task.prepared.positions.map((position, index) => [position, index]));
    for (const [position, id] of task.prepared.kept)
      this.#put(position, tokenOf(task.model.vocabulary, id), 1, []);
  }

  async *fill(decoder: Decoder<P>, window: Window): AsyncGenerator<InfillEvent, readonly Exclusion[]> {
    const { options, noise } = this.#task;
    const { start } = window;
    const decoding = decoder.decode({
      ...this.#task,
      prepared: this.#partOf(window),
      masked: window.masked.map((position) => position - start),
      noise: () => (position) => noise(this.#sample)(start + position),
      options: {
        ...options,
        samples: 1,
        draft: options.draft && ((position, id) => options.draft!(start + position, id)),
      },
    });
    let step = await decoding.next();
    try {
      for (; !step.done; step = await decoding.next()) {
        const told = this.#inWhole(step.value, start);
        if (told) yield told;
      }
    } finally {
      await decoding.return(undefined as never);
    }
    const { samples, passes, drafts, excluded } = step.value;
    this.#take(samples[0]!, start);
    this.#passes = sum(this.#passes, passes);
    this.#drafts = sum(this.#drafts, drafts);
    return excluded;
  }

  /** What a window tells, with the positions and numbers of the whole sequence; nothing of what is told of that by itself. */
  #inWhole(event: InfillEvent, start: number): InfillEvent | undefined {
    const sample = this.#sample;
    switch (event.type) {
      case 'gap-filled': {
        const position = start + event.position;
        return { ...event, sample, position, ...this.#task.prepared.place(this.#indexOf.get(position)!) };
      }
      case 'drafted':
        return {
          ...event,
          sample,
          tokens: event.tokens.map((token) => ({ ...token, position: start + token.position })),
        };
      case 'step-end':
        return { ...event, sample, step: this.#steps++ };
      default:
        return undefined;
    }
  }

  #take({ gaps, logLikelihood }: Infilled, start: number): void {
    this.#logLikelihood += logLikelihood;
    for (const { position, tokens, probabilities, alternatives, legalMass } of gaps)
      for (const [i, token] of tokens.entries()) {
        this.#put(start + position + i, token, probabilities[i]!, alternatives?.[i] ?? []);
        this.#legalMass[this.#indexOf.get(start + position + i)!] = legalMass?.[i];
      }
  }

  #put(position: number, token: Token, probability: number, alternatives: readonly Alternative[]): void {
    const index = this.#indexOf.get(position)!;
    this.#ids[position] = token.id;
    this.#tokens[index] = token;
    this.#probabilities[index] = probability;
    this.#alternatives[index] = alternatives;
  }

  /** The gaps of a window, or what of them is filled there, as a sequence of their own. */
  #partOf({ start, end, masked }: Window): PreparedInput {
    const whole = this.#task.prepared;
    const [first, last] = [masked[0]!, masked.at(-1)!];
    const gapOf = (position: number) => whole.place(this.#indexOf.get(position)!).gap;
    const gaps = whole.gaps
      .slice(gapOf(first), gapOf(last) + 1)
      .map(({ position, length, lead }): GapSpan => {
        const from = Math.max(position, first);
        // The rest of a gap goes on from its first part.
        const leads = from === position && lead !== undefined ? { lead } : {};
        return { position: from - start, length: Math.min(position + length, last + 1) - from, ...leads };
      });
    // The whole text is put together in the end.
    const complete = (fills: readonly (readonly number[])[]) => ({ text: '', fills: fills.map(() => '') });
    const part = preparedOf(this.#ids.slice(start, end), gaps, whole.isText, complete);
    const kept = part.positions.flatMap((position) => {
      const id = whole.kept.get(start + position);
      return id === undefined ? [] : [[position, id] as const];
    });
    const constraints = whole.constraints?.slice(gapOf(first), gapOf(last) + 1).map((asked, i) => {
      const { position, length } = whole.gaps[gapOf(first) + i]!;
      const from = Math.max(position, first);
      return (
        asked && {
          ...asked,
          before: [...this.#ids.slice(position, from)],
          after: Math.max(0, position + length - last - 1),
        }
      );
    });
    return { ...part, kept: new Map(kept), ...(constraints && { constraints }) };
  }

  async *finish(): AsyncGenerator<InfillEvent, FilledSample> {
    const { prepared, options } = this.#task;
    let from = 0;
    const pieces = prepared.gaps.map(({ position, length }) => {
      const [start, end] = [from, from + length];
      from = end;
      return { position, start, end };
    });
    const { text, fills } = prepared.complete(
      pieces.map(({ start, end }) => this.#tokens.slice(start, end).map(({ id }) => id)),
    );
    const gaps = pieces.map(({ position, start, end }, gap): FilledGap => {
      const tokens = this.#tokens.slice(start, end);
      return {
        position,
        ids: tokens.map(({ id }) => id),
        tokens,
        text: fills[gap]!,
        probabilities: this.#probabilities.slice(start, end),
        ...legalMassOf(Array.from(this.#legalMass.slice(start, end))),
        ...(options.alternatives > 0 && { alternatives: this.#alternatives.slice(start, end) }),
      };
    });
    const infilled = {
      sample: this.#sample,
      text,
      ids: [...this.#ids],
      gaps,
      logLikelihood: this.#logLikelihood,
    };
    yield { type: 'done', ...infilled };
    return { infilled, passes: this.#passes, drafts: this.#drafts };
  }
}
