// What the algorithms see of a model: token ids in, vectors out. They know nothing of text, files or devices.

import { DataError } from '../errors.js';
import type { CausalModel } from '../models/causal-model.js';
import type { Denoiser } from '../models/denoiser.js';
import type { MaskedModel } from '../models/masked-model.js';
import type { Matrix } from '../tensor/values.js';
import type { Vocabulary } from '../text/vocabulary.js';
import type { RefreshChoice } from './refresh.js';
import type { Shortlist, ShortlistRow } from './shortlist.js';

/**
 * The fused head, split: logits = W_ar h_ar(i-1) + (W_mlm h_mlm(i) + b). The MLM half of all gaps is one matrix product;
 * a decode step pays only for the AR half. Returned matrices hold until the same method's next call.
 */
export interface FusedHead {
  /** W_ar h: [n, dAR] → [n, V] */
  arLogits(hidden: Matrix): Promise<Matrix>;
  /** W_mlm h + b: [n, dMLM] → [n, V] */
  mlmLogits(hidden: Matrix): Promise<Matrix>;
  /** One of each row, the caller's own. Only where logits are computed elsewhere, and few numbers come down faster than all. */
  shortlists?(rows: readonly ShortlistRow[]): Promise<Shortlist[]>;
}

/** A backbone's own output embedding, without the other backbone: what it would say alone. */
export interface Expert {
  /** [n, hiddenSize] → [n, V]; holds until the next call. */
  logits(hidden: Matrix): Promise<Matrix>;
}

/** Token ids put around a sequence before each model reads it. Recorded with a trained head. */
export interface Alignment {
  /** Before the tokens in the AR model's input: the document-start token, or nothing. */
  readonly arPrefix: readonly number[];
  /** Before and after the tokens in the MLM's input: [CLS] and [SEP], or nothing. */
  readonly mlmPrefix: readonly number[];
  readonly mlmSuffix: readonly number[];
}

/** What a model can be made of. An algorithm says which parts it reads, and a model without one of them is refused. */
interface ModelParts {
  readonly ar: CausalModel;
  readonly mlm: MaskedModel;
  readonly head: FusedHead;
  readonly denoiser: Denoiser;
}

/** The two backbones alone; for comparison, and for the AR model's likelihood of a text. */
interface Experts {
  readonly ar: Expert;
  readonly mlm: Expert;
}

export type PartName = keyof ModelParts | `experts.${keyof Experts}`;

/** The parts of a pair with its head. */
export type PairPart = Exclude<PartName, 'denoiser'>;

/** What a model has beside its parts. */
export interface ModelFrame {
  /** V: rows of all logits. */
  readonly vocabularySize: number;
  readonly alignment: Alignment;
  readonly vocabulary: Vocabulary;
  /**
   * Whether a row of a pass has the same bits whatever is computed beside it. Where it has not, the choice between tokens that are nearly
   * equal is made from the sequence alone, so that a text still does not depend on others. @default true
   */
  readonly rowsAreExact?: boolean;
  /** Passes of backbones that may run side by side: more than one where each computes with few threads. @default 1 */
  readonly passesAtOnce?: number;
  /** Whether only as many lanes are used at once as raise the rows a second, by what passes cost while they run. @default false */
  readonly lanesByCost?: boolean;
  /** Weight of the MLM's half of the logits where it stands for the whole, to draft tokens. No text depends on it. @default 2 */
  readonly draftScale?: number;
  /** When the MLM reads again where nobody says: a trained head was trained on one way of reading. @default 'off' */
  readonly refresh?: RefreshChoice;
  /** Name of a weight tensor that holds NaN or Inf, if any. Reads all weights: asked only when logits are not finite. */
  findNonFiniteTensor(): Promise<string | undefined>;
  /** Stops a computation in progress: it rejects with InterruptedError. */
  interrupt(): void;
  /** Releases native memory. The model cannot be used afterwards. */
  dispose(): void;
}

type With<T, K extends keyof T> = Pick<T, K> & Partial<T>;

/** Something made of `Parts` that has those of the names P at least. */
export type Having<Parts, P extends PartName> = With<Parts, Extract<P, keyof Parts>> & {
  readonly experts: With<Experts, P extends `experts.${infer E extends keyof Experts}` ? E : never>;
};

/** A model with these parts at least. */
export type ModelWith<P extends PartName> = ModelFrame & Having<ModelParts, P>;

/** A model with any parts. */
export type Model = ModelWith<never>;

/** A pair with its head. A published one may lack an expert. */
export type MariaModel = ModelWith<'ar' | 'mlm' | 'head'>;

/** How errors call the parts. */
const partNames: Record<keyof ModelParts, string> = {
  ar: 'AR model',
  mlm: 'MLM',
  head: 'fused head',
  denoiser: 'denoiser',
};

/**
 * The same model, known to have these parts.
 * @param purpose for the message: "Cannot <purpose>: the model has no …"
 * @throws DataError `part-missing` or `expert-missing`, naming the part
 */
export function requireParts<P extends PartName>(
  model: Model,
  needs: readonly P[],
  purpose: string,
): ModelWith<P> {
  for (const need of needs as readonly PartName[]) {
    if (need === 'experts.ar' || need === 'experts.mlm') {
      const part = need === 'experts.ar' ? 'ar' : 'mlm';
      if (!model.experts[part])
        throw new DataError(
          'expert-missing',
          `Cannot ask the ${partNames[part]} alone: the MARIA checkpoint holds no output embedding of it.`,
          { try: 'Use the backbones themselves.' },
        );
    } else if (!model[need])
      throw new DataError('part-missing', `Cannot ${purpose}: the model has no ${partNames[need]}.`, {
        try: 'Use a model that has one.',
      });
  }
  return model as ModelWith<P>;
}
