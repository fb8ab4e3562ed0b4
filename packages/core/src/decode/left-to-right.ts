// Decoding from left to right: each gap's token is chosen once all before it are. What differs is where its logits come from.
import { InterruptedError } from '../errors.js';
import { inOrder } from '../in-order.js';
import type { PartName } from '../maria/model.js';
import { recordKey } from '../random.js';
import { tokenOf } from '../text/token.js';
import {
  chooseToken,
  type Distribution,
  largest,
  samplingOf,
  summarizeOrExplain,
  suppressed,
} from './choose.js';
import type { Decoder, DecodeTask } from './decoder.js';
import type { Alternative, Exclusion, InfillEvent, Infilled, InfillPasses } from './events.js';
import { FilledPositions } from './filled-positions.js';
import type { PreparedInput } from './prepare.js';
import { enterSequence, inSequence, type Sequence, schedulerOf } from './scheduler.js';
import { TextFilters } from './text-filters.js';

/** Where the logits of one sample come from, position by position. */
export interface NextLogits {
  /** Passes so far that read this sample. */
  readonly passes: InfillPasses;
  /**
   * Writes the logits [V] of the masked position with this index into `out`; all masked positions before it are filled.
   * @returns how many tokens were read for it
   */
  next(index: number, out: Float32Array): Promise<number>;
  /** Puts the chosen token in place of the mask. */
  set(position: number, id: number): void;
}

/** A system that fills from the left. `Opened` is what all samples of a sequence share. */
interface LeftToRight<P extends PartName, Opened extends { readonly passes: InfillPasses }> {
  /** Reads what is read once for a sequence. */
  open(sequence: Sequence<P>, prepared: PreparedInput): Promise<Opened>;
  read(sequence: Sequence<P>, task: DecodeTask<P>, opened: Opened, sample: number): NextLogits;
}

export function leftToRight<P extends PartName, Opened extends { readonly passes: InfillPasses }>(
  needs: readonly P[],
  { open, read }: LeftToRight<P, Opened>,
): Decoder<P> {
  async function* fillSample(
    task: DecodeTask<P>,
    opened: Opened,
    sample: number,
  ): AsyncGenerator<InfillEvent, { infilled: Infilled; passes: InfillPasses }> {
    const { model, prepared, options } = task;
    const { sequence, leave } = enterSequence(model, options.signal);
    try {
      const source = read(sequence, task, opened, sample);
      const suppress = suppressed(model);
      const sampling = samplingOf(options);
      const noise = recordKey(options.seed, options.record, sample);
      const logits = new Float32Array(model.vocabularySize);
      const filled = new FilledPositions(prepared, options.alternatives > 0);
      const filters = prepared.isText ? new TextFilters(model.vocabulary, prepared, options) : undefined;
      for (const [index, position] of prepared.positions.entries()) {
        if (options.signal?.aborted) throw new InterruptedError();
        const fed = await source.next(index, logits);
        suppress(logits);
        filters?.at(index)(logits);
        const distribution = await summarizeOrExplain(model, logits);
        const id = chooseToken(logits, distribution, sampling, (candidate) =>
          noise.uniform(position, candidate),
        );
        const token = tokenOf(model.vocabulary, id);
        source.set(position, id);
        filters?.chosen(index, id);
        const logProbability = logits[id]! - distribution.logNormalizer;
        const alternatives = alternativesOf(task, logits, distribution);
        filled.add(token, logProbability, alternatives);
        yield {
          type: 'gap-filled',
          sample,
          position,
          ...prepared.place(index),
          ...token,
          probability: Math.exp(logProbability),
          ...(options.alternatives > 0 && { alternatives }),
        };
        yield { type: 'step-end', sample, step: index, fed, filled: 1 };
      }
      const infilled = filled.finish(sample);
      yield { type: 'done', ...infilled };
      return { infilled, passes: source.passes };
    } finally {
      leave();
    }
  }

  return {
    needs,
    async *decode(task) {
      const { model, prepared, options } = task;
      const opened = await inSequence(model, options.signal, (sequence) => open(sequence, prepared));
      yield { type: 'mlm-encoded', ids: [...prepared.ids], positions: prepared.positions };
      const samples: Infilled[] = [];
      const passes = { ...opened.passes };
      const numbers = Array.from({ length: options.samples }, (_, sample) => sample);
      // Each sample in a lane of its own, as many as there are.
      for await (const told of inOrder(numbers, schedulerOf(model).lanes, (sample) =>
        fillSample(task, opened, sample),
      )) {
        if ('error' in told) throw told.error;
        if ('event' in told) yield told.event;
        else {
          samples.push(told.result.infilled);
          passes.mlm += told.result.passes.mlm;
          passes.ar += told.result.passes.ar;
        }
      }
      return { samples, passes, excluded: exclusionsOf(task) };
    },
  };
}

function exclusionsOf({ prepared, options }: DecodeTask<never>): Exclusion[] {
  if (!prepared.isText) return ['special'];
  return options.lineBreaks ? ['special', 'unfit'] : ['special', 'unfit', 'line-breaks'];
}

function alternativesOf(
  { model, options }: DecodeTask<never>,
  logits: Float32Array,
  { logNormalizer }: Distribution,
): Alternative[] {
  return largest(logits, options.alternatives).map((id) => ({
    ...tokenOf(model.vocabulary, id),
    probability: Math.exp(logits[id]! - logNormalizer),
  }));
}
