// A model that many sequences read at the same time, as one of them sees it.
import type { Expert, FusedHead, Having, ModelWith, PartName } from '../maria/model.js';
import type { CausalModel } from '../models/causal-model.js';
import type { Denoiser } from '../models/denoiser.js';
import type { MaskedModel } from '../models/masked-model.js';
import type { Matrix } from '../tensor/values.js';
import type { Ticket } from './ticket.js';

/** The AR model as one sequence reads it. Rows hold until the sequence's next call. */
export interface SequenceAr {
  /** Begins the sequence: takes a lane, and keeps what is there of `ids` already, `length` of them. */
  start(ids: Int32Array): Promise<void>;
  /**
   * Reads ids after those before; their hidden states, [ids.length, hiddenSize].
   * @param rows those that are asked for, ascending: what is there for others means nothing. All without
   */
  extend(ids: Int32Array, rows?: readonly number[]): Promise<Matrix>;
  /** Forgets what was read beyond `length` tokens. */
  truncate(length: number): void;
  readonly length: number;
}

/** The MLM as one sequence reads it. */
export interface SequenceMlm {
  /** The hidden states of some of the ids, [indices.length, hiddenSize]; the caller's own. */
  encode(ids: Int32Array, indices: readonly number[]): Promise<Matrix>;
}

interface SequenceParts {
  readonly ar: SequenceAr;
  readonly mlm: SequenceMlm;
  readonly head: FusedHead;
}

/** A model as one sequence reads it, while others may read it too. */
export type Sequence<P extends PartName> = Omit<ModelWith<P>, keyof SequenceParts | 'experts'> &
  Having<SequenceParts, P> &
  Solo;

interface Solo {
  /** Rows of each kind of logits that it may ask for at a time: there is memory for so many. */
  readonly rowsAtOnce: number;
  /** What `read` asks for is computed in passes of its own. */
  alone<T>(read: () => Promise<T>): Promise<T>;
}

/** The parts of a sequence that the model has. */
export type Parts = Solo &
  Partial<SequenceParts> & { readonly experts: { readonly ar?: Expert; readonly mlm?: Expert } };

/** What can be read: models, and backbones without a head. */
export interface Readable {
  readonly ar?: CausalModel;
  readonly mlm?: MaskedModel;
  readonly denoiser?: Pick<Denoiser, 'lanes'>;
  readonly head?: FusedHead;
  readonly experts?: { readonly ar?: Expert; readonly mlm?: Expert };
  readonly vocabularySize?: number;
  readonly rowsAreExact?: boolean;
  readonly passesAtOnce?: number;
  readonly lanesByCost?: boolean;
  interrupt?(): void;
}

export interface SequenceOptions {
  readonly signal?: AbortSignal | undefined;
  /**
   * The `newTicket` of its text: of the sequences that wait for lanes or for the MLM, those of the text that began first come first.
   * @default a new one
   */
  readonly ticket?: Ticket | undefined;
  /**
   * Its rows have the same bits whoever else reads: where the model's kernels do not give that, it is read in passes of its own.
   * @default false
   */
  readonly exact?: boolean | undefined;
}
