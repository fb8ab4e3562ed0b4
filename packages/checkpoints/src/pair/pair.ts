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
  ModelPart,
  QuantizedDType,
  RefreshChoice,
} from '@maria/core';
import type { ModelVocabulary } from '../tokenizers/tokenizer.js';
import type { Checkpoint } from '../weights/checkpoint.js';
import type { StoredTensors } from '../weights/stored-tensors.js';

/** Some columns of a matrix that make logits of hidden states. */
export type LogitMatrix = HeadMatrix & { readonly hiddenSize: number };

export type OpenedFolder = Pick<Checkpoint, 'folder' | 'config' | 'weights'>;

/** A frozen model as its files tell of it. */
export interface Backbone<A extends Architecture = Architecture> {
  readonly architecture: A;
  /** Its tensors by the names that its family knows: a checkpoint of its own, or a view of a part of one. */
  readonly weights: ModelPart['weights'];
  /** Its own output embedding, halved: one factor of the product of experts. A published MARIA model may lack it. */
  readonly expert: LogitMatrix | undefined;
  /** The folder that it is in: its own, or that of a published MARIA model. */
  readonly checkpoint: Checkpoint;
}

export interface Pair {
  readonly ar: Backbone<CausalArchitecture>;
  readonly mlm: Backbone<MaskedArchitecture>;
  /** The AR model's id of each of the pair's ids, where they differ. */
  readonly translation?: { readonly arIds: Int32Array; readonly tokens: ModelVocabulary['tokens'] };
  readonly vocabulary: ModelVocabulary & { readonly maskId: number };
  readonly alignment: Alignment;
  readonly head: HeadParts;
  /** As `Model.draftScale` has it, where it was fitted. */
  readonly draftScale?: number;
  /** As `Model.refresh` has it: of a trained head as it was trained. */
  readonly refresh?: RefreshChoice;
  /** How the backbones were held that the head was trained on, where its checkpoint tells that they were not as stored. */
  readonly trainedOn?: QuantizedDType;
  /** All that weights are read from, under the names that errors give it. */
  readonly sources: ReadonlyMap<string, StoredTensors>;
  /** The folders that they are in, of which it is told what nothing reads. */
  readonly folders: readonly OpenedFolder[];
}

export interface PairOptions {
  /** Token before the text in the AR model's input. @default as the checkpoint says, else 'auto' */
  arPrefix?: ArPrefixChoice;
  /** Whether the MLM's tokenizer template ([CLS] … [SEP]) is used. @default as the checkpoint says, else 'auto' */
  mlmTemplate?: MlmTemplateChoice;
  onWarning?: (message: string) => void;
  /** Stops converting and comparing weights. */
  signal?: AbortSignal;
  /**
   * Hears what was found where in a MARIA checkpoint whose layout is not maria's own, of weights that are converted, and for which
   * other process it waits.
   */
  onNote?: (message: string) => void;
}
