// A pair of backbones and a head, opened and checked against each other, before anything is compiled.

import type {
  Alignment,
  Architecture,
  ArPrefixChoice,
  CausalArchitecture,
  HeadMatrix,
  HeadParts,
  MaskedArchitecture,
  MlmTemplateChoice,
  Vocabulary,
  WeightSource,
} from '@maria/core';
import type { ModelVocabulary } from '../tokenizers/tokenizer.js';
import type { StoredTensors } from '../weights/stored-tensors.js';

export interface Part<A extends Architecture> {
  readonly architecture: A;
  /** Its tensors by the names that its family knows: a checkpoint of its own, or a view of a part of one. */
  readonly weights: WeightSource;
  /** Its own output embedding, halved: one factor of the product of experts. A published MARIA model may lack it. */
  readonly expert: (HeadMatrix & { readonly hiddenSize: number }) | undefined;
}

export interface Pair {
  readonly ar: Part<CausalArchitecture>;
  readonly mlm: Part<MaskedArchitecture>;
  /** The AR model's id of each of the pair's ids, where they differ. */
  readonly translation?: { readonly arIds: Int32Array; readonly tokens: ModelVocabulary['tokens'] };
  readonly vocabulary: Vocabulary;
  readonly alignment: Alignment;
  readonly head: HeadParts;
  /** All that weights are read from, under the names that errors give it. */
  readonly sources: ReadonlyMap<string, StoredTensors>;
}

export interface PairOptions {
  /** Token before the text in the AR model's input. @default as the checkpoint says, else 'auto' */
  arPrefix?: ArPrefixChoice;
  /** Whether the MLM's tokenizer template ([CLS] … [SEP]) is used. @default as the checkpoint says, else 'auto' */
  mlmTemplate?: MlmTemplateChoice;
  onWarning?: (message: string) => void;
  /** Hears what was found where in a MARIA checkpoint whose layout is not maria's own, and for which other process it waits. */
  onNote?: (message: string) => void;
}
