// Infilling: from a text or token ids with gaps to the events of a decoder that fills them.
import { UsageError } from '../errors.js';
import { checkIds, checkSequence } from '../maria/alignment.js';
import { type Model, requireParts } from '../maria/model.js';
import { recordKey } from '../random.js';
import type { TokenNoise } from './choose.js';
import type { Decoder } from './decoder.js';
import type { InfillEvent, InfillResult } from './events.js';
import { inWindows } from './in-windows.js';
import { type InfillOptions, type ResolvedOptions, resolveOptions } from './options.js';
import { type InfillInput, type PreparedInput, type PrepareOptions, prepareInput } from './prepare.js';
import { type SystemName, systems } from './systems.js';
import { tellsOfWindows, type WindowSize, windowRoom } from './windows.js';

/** All of them are held until the text is done. */
const mostAlternatives = 2 ** 21;

type FillOptions = InfillOptions & Omit<PrepareOptions, 'longest'>;

/**
 * Fills the gaps of a text (`[MASK]`, `[MASK*3]`) or of token ids (the vocabulary's mask id).
 *
 * With the system `maria`, masked position i gets its token from softmax(W3 [h_ar(i-1); h_mlm(i)] + b) (MARIA, arXiv 2502.06901). The number
 * of AR passes is the number of masked tokens: the tokens between two gaps are read together with the last chosen token. Randomness belongs
 * to (seed, record, sample, position), so a text does not depend on how decoding is chunked.
 *
 * Any number of calls may run at once: those that share a model share its passes, as many sequences at a time as it has lanes. The others
 * wait until one has ended, or was left by `return()`.
 *
 * @throws UsageError for a text without gaps, one that is too long, a gap that no window has room for, or options out of range
 * @throws DataError when the model lacks a part that the system reads, or when its logits are not finite
 * @throws InterruptedError, whose name is `AbortError`, when `options.signal` aborts
 */
export async function* infill(
  model: Model,
  input: InfillInput,
  options: FillOptions = {},
): AsyncGenerator<InfillEvent, InfillResult> {
  try {
    return yield* fillInput(model, input, options);
  } catch (error) {
    throw options.window === undefined ? tellsOfWindows(error) : error;
  }
}

async function* fillInput(
  model: Model,
  input: InfillInput,
  options: FillOptions,
): AsyncGenerator<InfillEvent, InfillResult> {
  const resolved = resolveOptions(options);
  const { needs }: Decoder = await systems[resolved.system].load();
  if (options.window !== undefined && needs.includes('denoiser'))
    throw new UsageError('window-unfit', 'Cannot fill the text in windows: a denoiser reads it as a whole.');
  if (resolved.logitBias.size > 0) checkBias(model, resolved.logitBias, needs);
  const longest = (
    needs.includes('mlm') && options.window === undefined
      ? model.mlm
      : needs.includes('denoiser')
        ? model.denoiser
        : undefined
  )?.maxLength;
  const prepared = await prepareInput(model, input, {
    ...options,
    ...(longest !== undefined && { longest }),
  });
  const told =
    Math.min(resolved.alternatives, model.vocabularySize) * prepared.positions.length * resolved.samples;
  if (told > mostAlternatives)
    throw new UsageError(
      'option-out-of-range',
      `Cannot infill: ${resolved.alternatives} alternatives of ${prepared.positions.length} tokens in each of ${resolved.samples} samples are ${told}, and ${mostAlternatives} is the most for one text.`,
    );
  return yield* fillPrepared(model, prepared, resolved, options.window);
}

/** @throws UsageError for ids beyond the vocabulary, and for a denoiser, which has no logits of one position at a time */
function checkBias(
  { vocabularySize }: Model,
  bias: ReadonlyMap<number, number>,
  needs: readonly string[],
): void {
  if (needs.includes('denoiser'))
    throw new UsageError('bias-unfit', 'Cannot infill: a denoiser takes no logit bias.');
  const beyond = [...bias.keys()].find((id) => id >= vocabularySize);
  if (beyond !== undefined)
    throw new UsageError(
      'id-invalid',
      `Cannot infill: the logit bias is for id ${beyond}, and the vocabulary has ${vocabularySize} ids.`,
    );
}

/** Whether a model has what a system reads, before any text. @throws DataError as `infill` does */
export async function requireSystem(model: Model, system: SystemName): Promise<void> {
  requireParts(model, (await systems[system].load()).needs, `fill a text with the system "${system}"`);
}

/** Fills a sequence that is prepared already. @throws as `infill` does */
export async function* fillPrepared(
  model: Model,
  prepared: PreparedInput,
  options: ResolvedOptions,
  window?: WindowSize,
): AsyncGenerator<InfillEvent, InfillResult> {
  const whole = await systems[options.system].load();
  const parts = requireParts(model, whole.needs, `fill the text with the system "${options.system}"`);
  const decoder = window === undefined ? whole : inWindows(whole, windowRoom(model, whole.needs, window));
  const check = window === undefined ? checkSequence : checkIds;
  check(model, prepared.ids, prepared.positions, whole.needs);
  const masked = prepared.positions.filter((position) => !prepared.kept.has(position));
  const keyOf = (sample: number) => recordKey(options.seed, options.record, sample);
  const noise = (sample: number) => {
    const key = keyOf(sample);
    return (position: number): TokenNoise => ({
      uniform: (id) => key.uniform(position, id),
      firstWords: (count) => key.firstWords(position, count),
    });
  };
  return yield* decoder.decode({ model: parts, prepared, masked, noise, keyOf, options });
}
