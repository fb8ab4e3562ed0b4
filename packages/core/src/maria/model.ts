// What the algorithms see of a model: token ids in, vectors out. They know nothing of text, files or devices.
import type { CausalModel } from '../models/causal-model.js';
import type { MaskedModel } from '../models/masked-model.js';
import type { Matrix } from '../tensor/values.js';
import type { Vocabulary } from '../text/vocabulary.js';

/**
 * The fused head, split: logits = W_ar h_ar(i-1) + (W_mlm h_mlm(i) + b). The MLM half of all gaps is one matrix product;
 * a decode step pays only for the AR half. Returned matrices hold until the same method's next call.
 */
export interface FusedHead {
  /** V: rows that both output embeddings share. */
  readonly vocabularySize: number;
  /** W_ar h: [n, dAR] → [n, V] */
  arLogits(hidden: Matrix): Promise<Matrix>;
  /** W_mlm h + b: [n, dMLM] → [n, V] */
  mlmLogits(hidden: Matrix): Promise<Matrix>;
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

export interface MariaModel {
  readonly ar: CausalModel;
  readonly mlm: MaskedModel;
  readonly head: FusedHead;
  /** The two models alone; for comparison, and for the AR model's likelihood of a text. */
  readonly experts: { readonly ar: Expert; readonly mlm: Expert };
  readonly alignment: Alignment;
  readonly vocabulary: Vocabulary;
  /** Name of a weight tensor that holds NaN or Inf, if any. Reads all weights: asked only when logits are not finite. */
  findNonFiniteTensor(): Promise<string | undefined>;
  /** Stops a computation in progress: it rejects with InterruptedError. */
  interrupt(): void;
  /** Releases native memory. The model cannot be used afterwards. */
  dispose(): void;
}
