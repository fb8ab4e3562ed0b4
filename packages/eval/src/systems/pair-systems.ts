// The systems that are made of a pair: maria, its product of experts, and each of the two models alone.
import {
  checkSequence,
  type Expert,
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
import { fillMasked } from './fill-masked.js';
import { maskedIds } from './masked-ids.js';
import type { Likelihood, Scored, System, SystemKind } from './system.js';

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
      const { fingerprints, vocabulary, vocabularyHash, loadedAs } = await models.describe(model);
      return {
        name,
        likelihood: system.likelihood,
        identity: { kind, ...fingerprints },
        vocabulary,
        vocabularyHash,
        loadedAs,
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
      return fillMasked(model, masked, {
        system: fills,
        speculate: 'auto',
        ...options,
        ...(signal && { signal }),
      });
    },
  };
}

/** The same model with the head of an untrained pair: the mean of what its two models say alone. */
function productOf(model: Model): Model {
  const { experts, draftScale: _, refresh: __, ...rest } = model as MariaModel;
  const half = (expert: Expert) => async (hidden: Matrix) => {
    const logits = await expert.logits(hidden);
    return { ...logits, data: logits.data.map((value) => value / 2) };
  };
  return { ...rest, experts, head: { arLogits: half(experts.ar!), mlmLogits: half(experts.mlm!) } };
}
