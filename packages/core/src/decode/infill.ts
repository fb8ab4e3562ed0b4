// Infilling as in MARIA: the MLM reads the masked input once, the AR model fills left to right with its KV cache.
import { InterruptedError } from '../errors.js';
import { checkSequence } from '../maria/alignment.js';
import type { MariaModel } from '../maria/model.js';
import { occupy } from '../maria/occupy.js';
import { randomKey } from '../random.js';
import { row } from '../tensor/values.js';
import { chooseToken, type Distribution, largest } from './choose.js';
import type { Alternative, FilledGap, InfillEvent, Infilled, InfillOptions, InfillResult } from './events.js';
import {
  ArReader,
  encodeMasked,
  fuse,
  MlmLogits,
  summarizeOrExplain,
  suppressedIds,
} from './fused-logits.js';
import { resolveOptions } from './options.js';
import { type InfillInput, type PreparedInput, prepareInput } from './prepare.js';

/**
 * Fills the gaps of a text (`[MASK]`, `[MASK*3]`) or of token ids (the vocabulary's mask id).
 *
 * Masked position i gets its token from softmax(W3 [h_ar(i-1); h_mlm(i)] + b) (MARIA, arXiv 2502.06901). The number of AR passes is the
 * number of masked tokens: the tokens between two gaps are read together with the last chosen token. Randomness belongs
 * to (seed, sample, position), so a text does not depend on how decoding is chunked.
 *
 * One call at a time for each model.
 *
 * @throws UsageError for a text without gaps, one that is too long, or options out of range
 * @throws DataError when the model's logits are not finite
 * @throws InterruptedError when `options.signal` aborts
 */
export async function* infill(
  model: MariaModel,
  input: InfillInput,
  options: InfillOptions & { underscores?: boolean } = {},
): AsyncGenerator<InfillEvent, InfillResult> {
  const resolved = resolveOptions(options);
  const prepared = prepareInput(model.vocabulary, input, options);
  checkSequence(model, prepared.ids, prepared.positions);
  const { signal } = resolved;
  const release = occupy(model);
  const onAbort = () => model.interrupt();
  const stopIfAborted = () => {
    if (signal?.aborted) throw new InterruptedError();
  };
  signal?.addEventListener('abort', onAbort);
  try {
    stopIfAborted();
    const { ids, positions } = prepared;
    const mlmLogits = new MlmLogits(model, await encodeMasked(model, ids, positions));
    yield { type: 'mlm-encoded', ids: [...ids], positions };

    const reader = new ArReader(model, ids, resolved.chunk);
    const suppressed = suppressedIds(model);
    const logits = new Float32Array(model.head.vocabularySize);
    const samples: Infilled[] = [];
    for (let sample = 0; sample < resolved.samples; sample++) {
      const noise = randomKey(resolved.seed, sample);
      const chosen = new FilledPositions(prepared, resolved.alternatives > 0);
      if (sample > 0) reader.rewind(positions[0]!);
      for (const [index, position] of positions.entries()) {
        stopIfAborted();
        const { hidden, fed } = await reader.hiddenBefore(position);
        const arLogits = row(await model.head.arLogits(hidden), 0);
        fuse(arLogits, await mlmLogits.row(index), suppressed, logits);
        const distribution = await summarizeOrExplain(model, logits);
        const id = chooseToken(logits, distribution, resolved, (candidate) =>
          noise.uniform(position, candidate),
        );
        reader.set(position, id);
        const logProbability = logits[id]! - distribution.logNormalizer;
        const alternatives = alternativesOf(model, logits, distribution, resolved.alternatives);
        chosen.add(id, logProbability, alternatives);
        yield {
          type: 'gap-filled',
          sample,
          position,
          ...prepared.place(index),
          id,
          token: model.vocabulary.decode([id]),
          probability: Math.exp(logProbability),
          ...(resolved.alternatives > 0 && { alternatives }),
        };
        yield { type: 'step-end', sample, step: index, fed, filled: 1 };
      }
      const infilled = chosen.finish(sample);
      samples.push(infilled);
      yield { type: 'done', ...infilled };
    }
    return { samples, passes: { mlm: 1, ar: reader.passes } };
  } finally {
    release();
    signal?.removeEventListener('abort', onAbort);
  }
}

function alternativesOf(
  model: MariaModel,
  logits: Float32Array,
  { logNormalizer }: Distribution,
  count: number,
): Alternative[] {
  return largest(logits, count).map((id) => ({
    id,
    token: model.vocabulary.decode([id]),
    probability: Math.exp(logits[id]! - logNormalizer),
  }));
}

/** Collects one sample's tokens in the order of the masked positions. */
class FilledPositions {
  private readonly ids: number[] = [];
  private readonly logProbabilities: number[] = [];
  private readonly alternatives: (readonly Alternative[])[] = [];

  constructor(
    private readonly prepared: PreparedInput,
    private readonly keepAlternatives: boolean,
  ) {}

  add(id: number, logProbability: number, alternatives: readonly Alternative[]): void {
    this.ids.push(id);
    this.logProbabilities.push(logProbability);
    this.alternatives.push(alternatives);
  }

  finish(sample: number): Infilled {
    const { prepared } = this;
    let from = 0;
    const spans = prepared.gaps.map(({ position, length }) => {
      const start = from;
      from += length;
      return { position, start, end: from };
    });
    const { text, fills } = prepared.complete(spans.map(({ start, end }) => this.ids.slice(start, end)));
    const gaps = spans.map(
      ({ position, start, end }, i): FilledGap => ({
        position,
        ids: this.ids.slice(start, end),
        text: fills[i]!,
        probabilities: this.logProbabilities.slice(start, end).map(Math.exp),
        ...(this.keepAlternatives && { alternatives: this.alternatives.slice(start, end) }),
      }),
    );
    const ids = [...prepared.ids];
    prepared.positions.forEach((position, i) => {
      ids[position] = this.ids[i]!;
    });
    const logLikelihood = this.logProbabilities.reduce((total, p) => total + p, 0);
    return { sample, text, ids, gaps, logLikelihood };
  }
}
