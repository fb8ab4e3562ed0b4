// The systems that are made of a pair: maria, its product of experts, and each of the two models alone.
import {
  checkSequence,
  type Expert,
  escapeGaps,
  type Infilled,
  type InfillInput,
  infill,
  logLikelihoods,
  type MariaModel,
  type Matrix,
  type Model,
  type PartName,
  requireParts,
  type ScoringSystem,
  type SystemName,
  UsageError,
} from '@maria/core';
import type { MaskedText } from '../data/words.js';
import { maskedIds, piecesOf } from './masked-ids.js';
import type { Filled, FillOptions, Likelihood, Scored, System, SystemKind } from './system.js';

interface PairSystem {
  readonly summary: string;
  readonly likelihood: Likelihood;
  readonly needs: readonly PartName[];
  readonly scores: ScoringSystem;
  /** Undefined: it is no way to fill. */
  readonly fills?: SystemName;
  /** What is asked in place of the model. */
  readonly of?: (model: Model) => Model;
}

const leftToRight: Likelihood = { kind: 'exact', how: 'left to right' };

const pairSystems = {
  maria: {
    summary: 'both models, fused',
    likelihood: leftToRight,
    needs: ['ar', 'mlm', 'head'],
    scores: 'maria',
    fills: 'maria',
  },
  product: {
    summary: 'both models as a product of experts, whatever head the model has',
    likelihood: leftToRight,
    needs: ['ar', 'mlm', 'experts.ar', 'experts.mlm'],
    scores: 'maria',
    fills: 'maria',
    of: productOf,
  },
  ar: {
    summary: 'the AR model alone, which sees nothing to the right of a gap',
    likelihood: { kind: 'exact', how: 'left to right, nothing to the right seen' },
    needs: ['ar', 'experts.ar'],
    scores: 'ar',
    fills: 'ar',
  },
  mlm: {
    summary: 'the MLM alone, which reads the text again for each token',
    likelihood: { kind: 'exact', how: 'left to right, read again for each token' },
    needs: ['mlm', 'experts.mlm'],
    scores: 'mlm-chain',
    fills: 'mlm',
  },
  'mlm-at-once': {
    summary: 'the MLM alone, all masked tokens at once, each without the others',
    likelihood: { kind: 'exact', how: 'all at once, each token without the others' },
    needs: ['mlm', 'experts.mlm'],
    scores: 'mlm',
  },
} satisfies Record<string, PairSystem>;

export const pairKinds: Readonly<Record<keyof typeof pairSystems, SystemKind>> = {
  maria: kindOf('maria', pairSystems.maria),
  product: kindOf('product', pairSystems.product),
  ar: kindOf('ar', pairSystems.ar),
  mlm: kindOf('mlm', pairSystems.mlm),
  'mlm-at-once': kindOf('mlm-at-once', pairSystems['mlm-at-once']),
};

function kindOf(kind: string, system: PairSystem): SystemKind {
  return {
    summary: system.summary,
    options: [],
    async plan({ name, model }, models) {
      const { fingerprints, vocabulary, vocabularyHash } = await models.describe(model);
      return {
        name,
        likelihood: system.likelihood,
        identity: { kind, ...fingerprints },
        vocabulary,
        vocabularyHash,
        open: async (signal) => openPairSystem(await models.load(model), { name, ...system }, signal),
      };
    },
  };
}

/** @throws DataError when the model lacks a part of it */
export function openPairSystem(
  loaded: Model,
  { name, needs, scores, fills, of = (model) => model }: PairSystem & { readonly name: string },
  signal?: AbortSignal,
): System {
  const model = of(requireParts(loaded, needs, `evaluate the system "${name}"`));
  return {
    lanes: model.ar?.lanes ?? 1,
    async score(masked): Promise<Scored> {
      const read = await maskedIds(masked, model);
      checkSequence(model, read.ids, read.masked, needs);
      const perToken = await logLikelihoods(model, read.ids, read.masked, {
        system: scores,
        suppressSpecial: true,
        signal,
      });
      return { nats: -perToken.reduce((sum, one) => sum + one, 0), tokens: perToken.length };
    },
    fill(masked, options) {
      if (fills === undefined)
        throw new UsageError(
          'system-fills-not',
          `Cannot fill gaps with the system "${name}": it only scores.`,
          { try: 'Leave it out.', facts: { system: name } },
        );
      // What a gap in a text after white space begins with is no white space: such a gap is given as ids.
      const fill = masked.spans.some(([start]) => /\s/.test(masked.text[start]!)) ? fillIds : fillText;
      return fill(model, fills, masked, { ...options, signal });
    },
  };
}

/** The gaps as markers of as many tokens as the original has there, which is what a user would give. */
async function fillText(
  model: Model,
  system: SystemName,
  masked: MaskedText,
  options: Interruptible,
): Promise<Filled> {
  const lengths = await gapLengths(masked, model);
  const { maskToken } = model.vocabulary;
  let gap = 0;
  const text = piecesOf(masked.text, masked.spans)
    .map((piece) => (piece.masked ? `[MASK*${lengths[gap++]}]` : escapeGaps(piece.text, { maskToken })))
    .join('');
  const filled = await filledBy(model, system, text, options);
  return {
    fills: filled.gaps.map((one) => one.text),
    text: filled.text,
    tokens: lengths.reduce((sum, length) => sum + length, 0),
  };
}

type Interruptible = FillOptions & { readonly signal: AbortSignal | undefined };

/** The tokens that touch the spans, as the whole text is read; what they carry beyond the spans is filled with them. */
async function fillIds(
  model: Model,
  system: SystemName,
  masked: MaskedText,
  options: Interruptible,
): Promise<Filled> {
  const { vocabulary } = model;
  const read = await maskedIds(masked, model);
  const { starts, ends } = await vocabulary.tokenize(masked.text, { specialTokens: false });
  const input = Int32Array.from(read.ids);
  for (const position of read.masked) input[position] = vocabulary.maskId;
  const { gaps } = await filledBy(model, system, input, options);
  if (gaps.length !== masked.spans.length)
    throw new UsageError('span-invalid', 'Cannot fill the text: some of its gaps share a token.');
  const fills = gaps.map(({ ids }) => vocabulary.decode(ids, { continues: true }));
  let text = '';
  let at = 0;
  gaps.forEach(({ position, ids }, i) => {
    text += masked.text.slice(at, starts[position]) + fills[i];
    at = ends[position + ids.length - 1]!;
  });
  return { fills, text: text + masked.text.slice(at), tokens: read.masked.length };
}

async function filledBy(
  model: Model,
  system: SystemName,
  input: InfillInput,
  { signal, ...chosen }: Interruptible,
): Promise<Infilled> {
  const filling = infill(model, input, { system, ...chosen, speculate: 'auto', ...(signal && { signal }) });
  let step = await filling.next();
  while (!step.done) step = await filling.next();
  return step.value.samples[0]!;
}

/** How many tokens the original has in each span, one at least; a token that touches two counts for the first. */
export async function gapLengths(masked: MaskedText, model: Pick<Model, 'vocabulary'>): Promise<number[]> {
  const { starts, ends } = await model.vocabulary.tokenize(masked.text, { specialTokens: false });
  const lengths = masked.spans.map(() => 0);
  let gap = 0;
  for (const [i, start] of starts.entries()) {
    while (gap < masked.spans.length && masked.spans[gap]![1] <= start) gap++;
    if (gap < masked.spans.length && ends[i]! > masked.spans[gap]![0]) lengths[gap]!++;
  }
  return lengths.map((length) => Math.max(1, length));
}

/** The same model with the head of an untrained pair: the mean of what its two models say alone. */
function productOf(model: Model): Model {
  const { experts, draftScale: _, ...rest } = model as MariaModel;
  const half = (expert: Expert) => async (hidden: Matrix) => {
    const logits = await expert.logits(hidden);
    return { ...logits, data: logits.data.map((value) => value / 2) };
  };
  return { ...rest, experts, head: { arLogits: half(experts.ar!), mlmLogits: half(experts.mlm!) } };
}
