// A decoder for gaps of unknown length, made of one that knows nothing of them: each length that a gap may have is filled, and the one that
// makes the text most probable is taken.
import { inOrder } from '../in-order.js';
import { type PartName, requireParts } from '../maria/model.js';
import { gumbelOf } from '../random.js';
import type { Decoder, DecodeTask } from './decoder.js';
import { eachSample, sum } from './each-sample.js';
import type { ComparedLengths, Exclusion, InfillEvent, InfillPasses, InfillResult } from './events.js';
import { defaultChunk, HiddenBefore } from './hidden-pair.js';
import { type LengthCandidate, type LengthRuleName, lengthRules } from './length-rules.js';
import { logLikelihoods } from './log-likelihoods.js';
import { type OpenLengths, type PreparedInput, prepared } from './prepare.js';
import { inSequence, schedulerOf, sequencesFor } from './scheduler.js';

/** Tokens after a gap that its length is told by. */
const tokensAfter = 32;

/** A gap whose turn is still to come has so many tokens, where it may. */
const firstLength = 3;

/** Each gap is compared with the others as they are then. */
const rounds = 2;

/**
 * Gaps of unknown length are looked at from the left, the others at the lengths that they have then, and once more where another one has
 * changed since. With sampling, each sample draws its lengths in proportion to exp(score / temperature) and is filled by itself.
 * @param rule what makes a length the best
 */
export function ofUnknownLengths<P extends PartName>(
  decoder: Decoder<P>,
  open: OpenLengths,
  rule: LengthRuleName,
): Decoder<P | 'ar' | 'experts.ar'> {
  return {
    needs: [...decoder.needs, 'ar', 'experts.ar'],
    async *decode(task) {
      const { model, options } = task;
      const search = new LengthSearch(decoder, task, open, rule);
      const compared = yield* search.run();
      let excluded: readonly Exclusion[] = [];
      const filled = yield* eachSample(model, options.samples, async function* (sample) {
        const lengths = search.lengthsOf(sample);
        const whole = open.withLengths(lengths);
        const { samples, passes, drafts, ...result } = yield* told(
          sample,
          lengths,
          decoder.decode({
            ...task,
            prepared: whole,
            masked: whole.positions,
            noise: () => task.noise(sample),
            keyOf: () => task.keyOf(sample),
            options: { ...options, samples: 1 },
          }),
        );
        excluded = result.excluded;
        return { infilled: { ...samples[0]!, sample }, passes, drafts };
      });
      return { ...filled, passes: sum(filled.passes, search.passes), excluded, lengths: compared };
    },
  };
}

/** The events of a sample that is filled by itself, as those of the sample with this number. */
async function* told<R>(
  sample: number,
  lengths: readonly number[],
  events: AsyncGenerator<InfillEvent, R>,
): AsyncGenerator<InfillEvent, R> {
  let step = await events.next();
  try {
    for (; !step.done; step = await events.next()) {
      const event = step.value;
      yield event.type === 'mlm-encoded'
        ? { ...event, sample, lengths }
        : 'sample' in event
          ? { ...event, sample }
          : event;
    }
  } finally {
    await events.return(undefined as never);
  }
  return step.value;
}

/** A candidate, and what it took. */
interface Tried {
  readonly candidate: LengthCandidate;
  readonly passes: InfillPasses;
}

class LengthSearch<P extends PartName> {
  passes: InfillPasses = { mlm: 0, ar: 0 };
  readonly #decoder: Decoder<P>;
  readonly #task: DecodeTask<P | 'ar' | 'experts.ar'>;
  readonly #open: OpenLengths;
  readonly #rule: LengthRuleName;
  /** Of each gap. */
  readonly #lengths: number[];
  /** Of each gap that was filled: what a later one is compared with. */
  readonly #fills: (readonly number[] | undefined)[] = [];
  /** Of each gap of unknown length: its candidates, and their best. */
  readonly #compared = new Map<number, ComparedLengths>();

  constructor(
    decoder: Decoder<P>,
    task: DecodeTask<P | 'ar' | 'experts.ar'>,
    open: OpenLengths,
    rule: LengthRuleName,
  ) {
    this.#decoder = decoder;
    this.#task = task;
    this.#open = open;
    this.#rule = rule;
    this.#lengths = open.candidates.map(
      (lengths) => lengths.findLast((length) => length <= firstLength) ?? lengths[0]!,
    );
  }

  async *run(): AsyncGenerator<InfillEvent, readonly ComparedLengths[]> {
    /** What the other lengths were when a gap was looked at. */
    const seen = new Map<number, string>();
    for (let round = 0; round < rounds; round++)
      for (const [gap, lengths] of this.#open.candidates.entries()) {
        const others = JSON.stringify(this.#lengths.with(gap, 0));
        if (lengths.length === 1 || seen.get(gap) === others) continue;
        seen.set(gap, others);
        await this.#fillBefore(gap);
        const candidates = await this.#candidates(gap, lengths);
        const best = candidates.reduce((a, b) => (b.score > a.score ? b : a));
        const compared = { gap, length: best.length, candidates };
        this.#lengths[gap] = best.length;
        this.#fills[gap] = best.ids;
        this.#compared.set(gap, compared);
        yield { type: 'lengths-compared', round, ...compared };
      }
    return [...this.#compared.values()];
  }

  /** The lengths of a sample: the best ones, or where tokens are drawn, drawn as well. */
  lengthsOf(sample: number): number[] {
    const { temperature } = this.#task.options;
    if (temperature === 0) return this.#lengths;
    const key = this.#task.keyOf(sample);
    return this.#lengths.map((length, gap) => {
      // Positions of tokens count up from 0.
      const noise = (candidate: LengthCandidate) =>
        gumbelOf(key.uniform(2 ** 32 - 1 - gap, candidate.length));
      const drawn = (candidate: LengthCandidate) => candidate.score / temperature + noise(candidate);
      const candidates = this.#compared.get(gap)?.candidates ?? [];
      return (
        candidates.reduce<LengthCandidate | undefined>(
          (a, b) => (a && drawn(a) >= drawn(b) ? a : b),
          undefined,
        )?.length ?? length
      );
    });
  }

  async #candidates(gap: number, lengths: readonly number[]): Promise<readonly LengthCandidate[]> {
    const { model } = this.#task;
    const after = this.#tokensAfter(gap, lengths.at(-1)!);
    await this.#readBefore(gap);
    const tried: Tried[] = [];
    const open = (length: number) => this.#try(gap, length, after);
    for await (const one of inOrder(lengths, sequencesFor(schedulerOf(model).lanes), open)) {
      if ('error' in one) throw one.error;
      if ('result' in one) tried.push(one.result);
    }
    for (const { passes } of tried) this.passes = sum(this.passes, passes);
    return tried.map(({ candidate }) => candidate);
  }

  /** Gaps of known length are filled once, when one after them is looked at. */
  async #fillBefore(gap: number): Promise<void> {
    if (Array.from({ length: gap }, (_, i) => this.#fills[i]).every((fill) => fill !== undefined)) return;
    const decoding = this.#fillPart(this.#part(gap - 1, this.#lengths[gap - 1]!, 0));
    let step = await decoding.next();
    while (!step.done) step = await decoding.next();
    const { samples, passes } = step.value;
    this.passes = sum(this.passes, passes);
    for (const [i, { ids }] of samples[0]!.gaps.entries()) this.#fills[i] = ids;
  }

  /** How many tokens after the gap all of its candidates are told by: those that the AR model can read after the longest. */
  #tokensAfter(gap: number, longest: number): number {
    const { ar, alignment } = this.#task.model;
    const { ids, gaps } = this.#open.withLengths(this.#lengths.with(gap, longest));
    const end = gaps[gap]!.position + longest;
    return Math.max(
      0,
      Math.min(tokensAfter, ids.length - end, ar.capacity - alignment.arPrefix.length + 1 - end),
    );
  }

  /** What stands before the gap, once for all of its candidates: their lanes begin with a copy. */
  async #readBefore(gap: number): Promise<void> {
    const { model, options } = this.#task;
    if (schedulerOf(model).lanes === 1 || model.rowsAreExact === false) return;
    const { ids, positions } = this.#part(gap, this.#lengths[gap]!, 0);
    this.passes.ar += await inSequence(requireParts(model, ['ar'], 'read'), options, async (sequence) => {
      const before = new HiddenBefore(sequence, ids, { chunk: options.chunk });
      await before.readBefore(positions.at(-this.#lengths[gap]!)!);
      return before.passes;
    });
  }

  /** Fills the gap and those that begin within `after` tokens of it with their most probable tokens, and reads what came of it. */
  async *#try(gap: number, length: number, after: number): AsyncGenerator<InfillEvent, Tried> {
    const { model, options } = this.#task;
    const { samples, passes } = yield* this.#fillPart(this.#part(gap, length, after));
    const { ids, gaps, logLikelihood: logFill } = samples[0]!;
    const { position, ids: fill, text } = gaps[gap]!;
    const scored = Array.from({ length: length + after }, (_, i) => position + i);
    const { signal, ticket } = options;
    const filled = Int32Array.from(ids.slice(0, position + length + after));
    const logs = await logLikelihoods(model, filled, scored, { system: 'ar', signal, ticket });
    const total = (some: readonly number[]) => some.reduce((sum, log) => sum + log, 0);
    const measured = {
      length,
      ids: fill,
      text,
      logFill,
      logText: total(logs),
      logAfter: total(logs.slice(length)),
    };
    const score = lengthRules[this.#rule].score(measured);
    return { candidate: { ...measured, score }, passes: { ...passes, ar: passes.ar + 1 } };
  }

  /** With the most probable tokens, whose probabilities hang on nothing that is read beside them. */
  #fillPart(part: PreparedInput): AsyncGenerator<InfillEvent, InfillResult> {
    const masked = part.positions.filter((position) => !part.kept.has(position));
    const greedy = {
      samples: 1,
      temperature: 0,
      alternatives: 0,
      draft: undefined,
      exact: true,
      chunk: defaultChunk,
    };
    return this.#decoder.decode({
      ...this.#task,
      prepared: part,
      masked,
      options: { ...this.#task.options, ...greedy },
    });
  }

  /** The text with a gap of this length, those before it filled where they are, and none after it that begins more than `after` tokens later. */
  #part(gap: number, length: number, after: number): PreparedInput {
    const whole = this.#open.withLengths(this.#lengths.with(gap, length));
    const end = whole.gaps[gap]!.position + length + after;
    const gaps = whole.gaps
      .filter(({ position }, i) => i <= gap || position < end)
      .map((span) => ({ ...span, length: Math.min(span.length, end - span.position) }));
    const ids = Int32Array.from(whole.ids);
    const kept = new Map<number, number>();
    for (const [i, { position }] of gaps.slice(0, gap).entries())
      for (const [k, id] of (this.#fills[i] ?? []).entries()) {
        ids[position + k] = id;
        kept.set(position + k, id);
      }
    // Only the gap's own text is told.
    const complete: PreparedInput['complete'] = (fills) =>
      whole.complete(whole.gaps.map((_, i) => (i === gap ? fills[i]! : [])));
    const constraints = whole.constraints
      ?.slice(0, gaps.length)
      .map((asked, i) => asked && { ...asked, after: whole.gaps[i]!.length - gaps[i]!.length });
    return { ...prepared(ids, gaps, whole.isText, complete), kept, ...(constraints && { constraints }) };
  }
}
