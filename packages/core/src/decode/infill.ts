// Infilling: from a text or token ids with gaps to the events of a decoder that fills them.
import { UsageError } from '../errors.js';
import { checkIds, checkSequence } from '../maria/alignment.js';
import { type Model, type PartName, requireParts } from '../maria/model.js';
import { recordKey } from '../random.js';
import { noiseOf } from './choose.js';
import { constrainGaps } from './constrain-gaps.js';
import type { Decoder } from './decoder.js';
import type { InfillEvent, InfillResult } from './events.js';
import { inWindows } from './in-windows.js';
import { type InfillOptions, type ResolvedOptions, resolveOptions } from './options.js';
import { type InfillInput, type PreparedInput, type PrepareOptions, prepareInput } from './prepare.js';
import { schedulerOf } from './scheduler.js';
import { searches } from './search-fills.js';
import { type SystemName, systems } from './systems.js';
import { ofUnknownLengths } from './unknown-lengths.js';
import { tellsOfWindows, type WindowSize, windowRoom } from './windows.js';

/** All of them are held until the text is done. */
const mostAlternatives = 2 ** 21;

type FillOptions = InfillOptions & Omit<PrepareOptions, 'longest' | 'longestOf'>;

/**
 * Fills the gaps of a text (`[MASK]`, `[MASK*3]`, `[MASK*2-6]`) or of token ids (the vocabulary's mask id).
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
    return yield* await open(model, input, options);
  } catch (error) {
    const hasWindows = options.window === undefined && options.system !== 'diffusion';
    throw hasWindows ? tellsOfWindows(error) : error;
  }
}

/** What fills the text, once it is prepared. An event goes through few generators: each costs more than telling it. */
async function open(
  model: Model,
  input: InfillInput,
  options: FillOptions,
): Promise<AsyncGenerator<InfillEvent, InfillResult>> {
  const resolved = resolveOptions(options);
  const decoder: Decoder = await systems[resolved.system].load();
  const isDenoiser = needsDenoiser(decoder);
  if (options.window !== undefined && isDenoiser)
    throw new UsageError('window-unfit', 'Cannot fill the text in windows: a denoiser reads it as a whole.');
  const longest = (
    decoder.needs.includes('mlm') && options.window === undefined
      ? model.mlm
      : isDenoiser
        ? model.denoiser
        : undefined
  )?.maxLength;
  const given = await prepareInput(model, input, {
    ...options,
    // A denoiser fills as many tokens as there are masks.
    findsLengths: !isDenoiser,
    ...(longest !== undefined && { longest, longestOf: isDenoiser ? 'denoiser' : 'MLM' }),
  });
  const prepared = await constrainGaps(model, given, { ...options, lineBreaks: resolved.lineBreaks });
  if (prepared.open && isDenoiser)
    throw new UsageError(
      'gap-unfit',
      'Cannot fill gaps of unknown length with a denoiser: it fills as many tokens as there are masks.',
      { try: 'Write how many tokens each gap has, as in [MASK*3].' },
    );
  const positions = longestOf(prepared).positions.length;
  const told = Math.min(resolved.alternatives, model.vocabularySize) * positions * resolved.samples;
  if (told > mostAlternatives)
    throw new UsageError(
      'option-out-of-range',
      `Cannot infill: ${resolved.alternatives} alternatives of ${positions} tokens in each of ${resolved.samples} samples are ${told}, and ${mostAlternatives} is the most for one text.`,
    );
  return fillPrepared(model, prepared, resolved, options.window);
}

function needsDenoiser({ needs }: Pick<Decoder, 'needs'>): boolean {
  return needs.includes('denoiser');
}

/** With the most tokens in each gap. */
function longestOf(input: PreparedInput): PreparedInput {
  const { open } = input;
  return open ? open.withLengths(open.candidates.map((lengths) => lengths.at(-1)!)) : input;
}

/** Whether a model has what a system reads, before any text. @throws DataError as `infill` does */
export async function requireSystem(model: Model, system: SystemName): Promise<void> {
  requireParts(model, (await systems[system].load()).needs, `fill a text with the system "${system}"`);
}

/** What fills a sequence that is prepared already. @throws as `infill` does */
export async function fillPrepared(
  model: Model,
  prepared: PreparedInput,
  options: ResolvedOptions,
  window?: WindowSize,
): Promise<AsyncGenerator<InfillEvent, InfillResult>> {
  const { open } = prepared;
  const whole = await systems[options.system].load();
  const filling = open ? ofUnknownLengths(whole, open, options.lengthBy) : whole;
  if (searches({ prepared, options }) && (open || needsDenoiser(whole)))
    throw new UsageError(
      'search-unfit',
      `Cannot search for fills ${open ? 'of gaps of unknown length' : 'with a denoiser'}: they are compared token by token, from left to right.`,
      { try: open ? 'Write how many tokens each gap has, as in [MASK*3].' : 'Use another system.' },
    );
  const parts = requireParts(model, filling.needs, `fill the text with the system "${options.system}"`);
  // Lengths are compared in texts that are read at once.
  const decoder =
    window === undefined || open ? filling : inWindows(whole, windowRoom(model, whole.needs, window));
  if (open) checkLongest(model, prepared, filling.needs);
  else {
    const check = window === undefined ? checkSequence : checkIds;
    check(model, prepared.ids, prepared.positions, whole.needs);
  }
  const masked = prepared.positions.filter((position) => !prepared.kept.has(position));
  const keyOf = (sample: number) => recordKey(options.seed, options.record, sample);
  const noise = (sample: number) => {
    const key = keyOf(sample);
    return (position: number) => noiseOf(key, position);
  };
  const ticket = schedulerOf(model).newTicket();
  return decoder.decode({ model: parts, prepared, masked, noise, keyOf, options: { ...options, ticket } });
}

/** @throws UsageError where gaps of unknown length have no room for the most tokens that they may have, though fewer may fit */
function checkLongest(model: Model, prepared: PreparedInput, needs: readonly PartName[]): void {
  const { ids, positions } = longestOf(prepared);
  try {
    checkSequence(model, ids, positions, needs);
  } catch (error) {
    if (!(error instanceof UsageError) || error.code !== 'context-too-long') throw error;
    const message = error.message.replace(':', ' with the most tokens that its gaps may have:');
    throw new UsageError(error.code, message, {
      try: 'Allow fewer tokens, as in [MASK*1-8], or split the text: gaps of unknown length are not read in windows.',
      facts: { openLengths: true },
    });
  }
}
