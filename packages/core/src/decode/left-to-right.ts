// Decoding from left to right: each gap's token is chosen once all before it are. What differs is where its logits come from.
import { InterruptedError } from '../errors.js';
import type { PartName } from '../maria/model.js';
import type { Shortlist } from '../maria/shortlist.js';
import { tokenOf } from '../text/token.js';
import { tokenTexts } from '../text/token-texts.js';
import { allowedIds } from './allowed-ids.js';
import { samplingOf, suppressed } from './choose.js';
import { type Chosen, chose, choseListed } from './chosen.js';
import type { Decoder, DecodeTask } from './decoder.js';
import { fixedPlan, SequenceWindow } from './draft-window.js';
import { type FilledSample, noDrafts, severalSamples, sum, together } from './each-sample.js';
import type { Draft, Exclusion, InfillEvent, InfillPasses } from './events.js';
import { FilledPositions } from './filled-positions.js';
import { GapFollower } from './gap-follower.js';
import { type Guess, guessToken } from './guess-token.js';
import { HiddenBefore } from './hidden-pair.js';
import { guessListed, type ListQuestion, listQuestion, listsServe } from './listed-choice.js';
import { enterSequence, inSequence, schedulerOf } from './scheduler.js';
import type { LogitsAfter } from './search.js';
import { searches, searchFills } from './search-fills.js';
import type { Sequence } from './sequence.js';
import type { Speculation } from './speculate.js';
import { TextFilters } from './text-filters.js';

/** Most tokens that are drafted ahead. */
const mostDrafts = 64;

/** Of a head that none was measured for. */
const defaultDraftScale = 2;

/** Of a search, which drafts nothing. */
const noSpeculation = {
  guess: () => ({ id: 0, lead: 0 }),
  question: () => undefined,
  guessListed: () => ({ id: 0, lead: 0 }),
  guessed: () => {},
  drafted: () => {},
  checked: () => {},
};

/** Where the logits of one sample come from, position by position. */
export interface NextLogits {
  /** Passes so far that read this sample. */
  readonly passes: InfillPasses;
  /**
   * Writes the logits [V] of the masked position with this index into `out`; all masked positions before it are filled.
   * @returns how many tokens were read for it
   */
  next(index: number, out: Float32Array): Promise<number>;
  /** The same logits again, of the sequence alone: their bits depend on nothing else. */
  again(index: number, out: Float32Array): Promise<void>;
  /** A shortlist of the logits that `next` would write, which may still be asked for after it. Absent where there are none. */
  list?(index: number, question: ListQuestion): Promise<{ list: Shortlist; fed: number }>;
  /** As `again`, a shortlist. */
  listAgain?(index: number, question: ListQuestion): Promise<Shortlist>;
  /** Puts the chosen token in place of the masked position with this index. */
  set(index: number, id: number): void;
}

/** A system that fills from the left. `Opened` is what all samples of a sequence share. */
interface LeftToRight<P extends PartName, Opened extends { readonly passes: InfillPasses }> {
  /** Reads what is read once for a sequence. */
  open(sequence: Sequence<P>, task: DecodeTask<P>): Promise<Opened>;
  /** @param speculation for those that can draft */
  read(
    sequence: Sequence<P>,
    task: DecodeTask<P>,
    opened: Opened,
    sample: number,
    speculation: Speculation,
  ): NextLogits;
}

export function leftToRight<P extends PartName, Opened extends { readonly passes: InfillPasses }>(
  needs: readonly P[],
  { open, read }: LeftToRight<P, Opened>,
): Decoder<P> {
  async function* fillSample(
    task: DecodeTask<P>,
    opened: Opened,
    sample: number,
  ): AsyncGenerator<InfillEvent, FilledSample> {
    const { model, prepared, options } = task;
    const { sequence, leave } = enterSequence(model, options);
    try {
      const suppress = suppressed(model);
      const sampling = samplingOf(options);
      const logits = new Float32Array(model.vocabularySize);
      const filled = new FilledPositions(prepared, options.alternatives > 0);
      const filters = prepared.isText ? new TextFilters(model.vocabulary, prepared, options) : undefined;
      const follower = prepared.constraints && new GapFollower(model.vocabulary, prepared);
      const indexOf = new Map(prepared.positions.map((position, index) => [position, index]));
      const noiseAt = task.noise(sample);
      const areListsOfUse = listsServe(options, model.vocabularySize);
      const isUnsure = model.rowsAreExact === false && !options.exact;
      const { draftWindow: window } = schedulerOf(model);
      const drafts = noDrafts();
      let drafted: readonly Draft[] | undefined;
      const { ended, ...plans } = drafting(task);
      /** Of positions ahead, whose filters nobody knows for certain. */
      const questions = new Map<number, ListQuestion>();
      const questionOf = (position: number, asked: Uint8Array | undefined) => {
        const allowed = allowedIds(model, asked);
        let question = questions.get(position);
        if (question?.allowed !== allowed) question = listQuestion(allowed, options, noiseAt(position));
        questions.set(position, question);
        return question;
      };
      const draftOf = (index: number, { id: guess, lead }: Guess) => {
        const position = task.masked[index]!;
        const id = options.draft ? options.draft(position, guess) : guess;
        follower?.guessed(indexOf.get(position)!, id);
        return { id, lead };
      };
      const source = read(sequence, task, opened, sample, {
        ...plans,
        guess(index, guessed, weight) {
          const position = task.masked[index]!;
          suppress(guessed);
          const asked = follower?.ahead(indexOf.get(position)!);
          (asked?.restrict ?? filters?.ahead(indexOf.get(position)!))?.(guessed);
          if (asked?.favour) {
            for (let id = 0; id < guessed.length; id++) guessed[id]! *= weight;
            asked.favour(guessed);
            return draftOf(index, guessToken(guessed, sampling, noiseAt(position)));
          }
          // Logits of a weight over a temperature are logits over a lower one.
          const cooler = samplingOf({ ...options, temperature: options.temperature / weight });
          const { id, lead } = guessToken(guessed, cooler, noiseAt(position));
          return draftOf(index, { id, lead: cooler.temperature === 0 ? weight * lead : lead });
        },
        question(index) {
          const position = task.masked[index]!;
          const at = indexOf.get(position)!;
          const asked = follower?.ahead(at);
          if (!areListsOfUse || asked?.restrict || asked?.favour) return undefined;
          return questionOf(position, filters?.allowedAhead(at));
        },
        guessListed: (index, list, question) => draftOf(index, guessListed(list, question, options)),
        guessed: (ms) => window.tellGuess(ms),
        drafted(first, ids) {
          drafts.drafted += ids.length;
          drafted = ids.map((id, i) => ({
            position: task.masked[first + i]!,
            ...tokenOf(model.vocabulary, id),
          }));
        },
        checked(draft, isRight, wasRead) {
          if (wasRead) drafts[isRight ? 'accepted' : 'rejected']++;
          window.chances.tell(draft, isRight);
        },
      });
      let step = 0;
      for (const [index, position] of prepared.positions.entries()) {
        if (options.signal?.aborted) throw new InterruptedError();
        const kept = prepared.kept.get(position);
        if (kept !== undefined) {
          filled.keep(tokenOf(model.vocabulary, kept));
          follower?.chosen(index, kept);
          continue;
        }
        const fit = filters?.at(index);
        const asked = follower?.at(index);
        const isListed = areListsOfUse && source.list && !asked?.restrict && !asked?.favour;
        const question = isListed ? questionOf(position, filters?.allowedAt(index)) : undefined;
        questions.delete(position);
        let fed = 0;
        const noise = noiseAt(position);
        const fromList = (list: Shortlist) => choseListed(task, list, question!);
        const fromAll = () => chose(task, logits, { suppress, fit, asked }, noise);
        let chosen: Chosen | undefined;
        if (question) {
          const listed = await source.list!(step, question);
          fed += listed.fed;
          chosen = await fromList(listed.list);
        }
        if (!chosen) {
          fed += await source.next(step, logits);
          chosen = await fromAll();
        }
        if (drafted) yield { type: 'drafted', sample, tokens: drafted };
        drafted = undefined;
        if (isUnsure && chosen.isClose()) {
          chosen = question && (await fromList(await source.listAgain!(step, question)));
          if (!chosen) {
            await source.again(step, logits);
            chosen = await fromAll();
          }
          drafts.decidedAlone++;
        }
        const { id, logProbability, legalMass, alternatives } = chosen;
        const token = tokenOf(model.vocabulary, id);
        filters?.chosen(index, id);
        follower?.chosen(index, id);
        source.set(step, id);
        filled.add(token, logProbability, alternatives, legalMass);
        yield {
          type: 'gap-filled',
          sample,
          position,
          ...prepared.place(index),
          ...token,
          probability: Math.exp(logProbability),
          ...(legalMass !== undefined && { legalMass }),
          ...(options.alternatives > 0 && { alternatives }),
        };
        yield { type: 'step-end', sample, step: step++, fed, filled: 1 };
      }
      ended();
      const infilled = filled.finish(sample);
      yield { type: 'done', ...infilled };
      return { infilled, passes: source.passes, drafts };
    } finally {
      leave();
    }
  }

  /** Of one fill in progress, in a sequence of its own: a lane that holds its beginning is found, or copied. */
  function logitsAfter(task: DecodeTask<P>, opened: Opened): LogitsAfter {
    const speculation = {
      ...drafting({ ...task, options: { ...task.options, speculate: 0 } }),
      ...noSpeculation,
    };
    return async (before, index, out) => {
      const { sequence, leave } = enterSequence(task.model, { ...task.options, exact: true });
      try {
        // One row is asked for: none ahead.
        const source = read({ ...sequence, rowsAtOnce: 1 }, task, opened, 0, speculation);
        for (const [i, id] of before.entries()) source.set(i, id);
        await source.next(index, out);
        return source.passes;
      } finally {
        leave();
      }
    };
  }

  return {
    needs,
    async *decode(task) {
      const { model, prepared, options } = task;
      if (prepared.isText) await tokenTexts(model.vocabulary).prepare();
      const isSearch = searches(task);
      // Fills are compared with each other to the last digit.
      const reading = isSearch ? { ...options, exact: true } : options;
      const opened = await inSequence(model, reading, (sequence) => open(sequence, task));
      yield { type: 'mlm-encoded', ids: [...prepared.ids], positions: prepared.positions };
      const excluded = exclusionsOf(task);
      if (isSearch) {
        const found = yield* searchFills({ ...task, options: reading }, logitsAfter(task, opened));
        return { ...found, passes: sum(found.passes, opened.passes), excluded };
      }
      const fill = (sample: number) => fillSample(task, opened, sample);
      const count = options.samples;
      // As `eachSample`, with one generator less that each event goes through.
      const { samples, passes, drafts } = together(
        count === 1 ? [yield* fill(0)] : yield* severalSamples(model, count, fill),
      );
      return { samples, passes: sum(passes, opened.passes), drafts, excluded };
    },
  };
}

/**
 * Reads what samples share, where several are filled at once: each begins with a copy of it. One after the other they find it in their lane.
 * @returns AR passes
 */
export async function readShared(
  sequence: Sequence<'ar'>,
  { model, prepared: { ids }, masked, options: { samples, chunk } }: DecodeTask<never>,
): Promise<number> {
  if (Math.min(samples, schedulerOf(model).lanes) === 1) return 0;
  const before = new HiddenBefore(sequence, ids, { chunk });
  await before.readBefore(masked[0]!);
  return before.passes;
}

/** How far ahead tokens are drafted. */
function drafting({ model, prepared: { ids }, masked, options }: DecodeTask<never>) {
  // Where rows are not exact, those of drafts would have other bits.
  const speculate = options.exact && model.rowsAreExact === false ? 0 : options.speculate;
  const { vocabularySize } = model;
  const scheduler = schedulerOf(model);
  const most = Math.min(mostDrafts, scheduler.rowsAtOnce);
  const automatic = new SequenceWindow(scheduler.draftWindow, () => scheduler.costs, {
    positions: masked,
    length: ids.length,
    most,
  });
  return {
    count: masked.length,
    vocabularySize,
    draftScale: model.draftScale ?? defaultDraftScale,
    plan: (index: number) =>
      speculate === 'auto' ? automatic.plan(index) : fixedPlan(Math.min(speculate, most)),
    ended: () => automatic.end(),
  };
}

/** What may not be chosen. */
export function exclusionsOf({
  prepared,
  options,
}: Pick<DecodeTask<never>, 'prepared' | 'options'>): Exclusion[] {
  return [
    'special',
    ...(prepared.isText ? (['unfit'] as const) : []),
    ...(prepared.isText && !options.lineBreaks ? (['line-breaks'] as const) : []),
    ...(prepared.constraints?.some((one) => one?.constraint.automaton) ? (['constrained'] as const) : []),
  ];
}
