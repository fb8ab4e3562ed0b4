// Decoding from left to right: each gap's token is chosen once all before it are. What differs is where its logits come from.
import { InterruptedError } from '../errors.js';
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
import type { Alternative, Exclusion, Infilled, InfillPasses } from './events.js';
import { FilledPositions } from './filled-positions.js';
import { TextFilters } from './text-filters.js';

/** Where the logits of one sequence come from, position by position. */
export interface NextLogits {
  /** Passes so far. */
  readonly passes: InfillPasses;
  /**
   * Writes the logits [V] of the masked position with this index into `out`; all masked positions before it are filled.
   * @returns how many tokens were read for it
   */
  next(index: number, out: Float32Array): Promise<number>;
  /** Puts the chosen token in place of the mask. */
  set(position: number, id: number): void;
  /** Makes the masked positions masks again, for another sample. */
  restart(): void;
}

/** @param open reads what is read once for a sequence */
export function leftToRight<P extends PartName>(
  needs: readonly P[],
  open: (task: DecodeTask<P>) => Promise<NextLogits>,
): Decoder<P> {
  return {
    needs,
    async *decode(task) {
      const { model, prepared, options } = task;
      const { ids, positions } = prepared;
      const stopIfAborted = () => {
        if (options.signal?.aborted) throw new InterruptedError();
      };
      stopIfAborted();
      const source = await open(task);
      yield { type: 'mlm-encoded', ids: [...ids], positions };

      const suppress = suppressed(model);
      const sampling = samplingOf(options);
      const logits = new Float32Array(model.vocabularySize);
      const samples: Infilled[] = [];
      for (let sample = 0; sample < options.samples; sample++) {
        const noise = recordKey(options.seed, options.record, sample);
        const filled = new FilledPositions(prepared, options.alternatives > 0);
        const filters = prepared.isText ? new TextFilters(model.vocabulary, prepared, options) : undefined;
        if (sample > 0) source.restart();
        let step = 0;
        for (const [index, position] of positions.entries()) {
          stopIfAborted();
          const kept = prepared.kept.get(position);
          if (kept !== undefined) {
            filled.keep(tokenOf(model.vocabulary, kept));
            continue;
          }
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
          yield { type: 'step-end', sample, step: step++, fed, filled: 1 };
        }
        const infilled = filled.finish(sample);
        samples.push(infilled);
        yield { type: 'done', ...infilled };
      }
      return { samples, passes: source.passes, excluded: exclusionsOf(task) };
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
