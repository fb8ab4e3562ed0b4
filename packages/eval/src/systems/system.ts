// What is compared: something that tells how probable masked text is, and fills it. One interface, whatever is behind it.
import type { DenoiserModel, JsonObject, LoadDenoiserOptions, NamedModels } from '@maria/checkpoints';
import type { DenoiserForm, Model, Vocabulary } from '@maria/core';
import type { MaskedText } from '../data/words.js';

/** What the numbers of a system are. */
export interface Likelihood {
  /** `bound`: the text is at least as probable, so losses are shown with ≤. */
  readonly kind: 'exact' | 'bound';
  /** In a few words, for tables: "left to right". */
  readonly how: string;
}

export interface Scored {
  /** -log p of all masked tokens, or its upper bound, natural logarithm. */
  readonly nats: number;
  /** Masked tokens in the vocabulary of the system. */
  readonly tokens: number;
}

export interface FillOptions {
  readonly temperature: number;
  readonly topP: number;
  readonly seed: number;
  /** Number of the text, which has noise of its own. */
  readonly record: number;
}

export interface Filled {
  /** The text in the place of each span, as it stands in the whole. */
  readonly fills: readonly string[];
  /** The whole text. */
  readonly text: string;
  /** Masked tokens that were filled: as many as the original has there. */
  readonly tokens: number;
}

/** A system that is loaded. */
export interface System {
  /** Texts at once. */
  readonly lanes: number;
  /** @throws MariaError that concerns the text, such as one that is too long */
  score(masked: MaskedText): Promise<Scored>;
  fill(masked: MaskedText, options: FillOptions): Promise<Filled>;
}

/** A system before it is loaded: all that a run has to know of it. */
export interface SystemPlan {
  readonly name: string;
  readonly likelihood: Likelihood;
  /** What decides its figures: kind, options, fingerprints of weights. */
  readonly identity: JsonObject;
  /** Of its tokens, for masks that are drawn over them. */
  readonly vocabulary: Pick<Vocabulary, 'tokenize'>;
  /** Equal for systems of one vocabulary. */
  readonly vocabularyHash: string;
  /** Equal for systems of one loaded model: they may be open at the same time. */
  readonly loadedAs: string;
  /** Loads it; what another system was loaded for may be released. @param signal stops what it does then */
  open(signal?: AbortSignal): Promise<System>;
}

/** A kind of systems: what `--system NAME=MODEL` can stand for. Adding one is one file and a row in `kinds.ts`. */
export interface SystemKind {
  /** One line for help. */
  readonly summary: string;
  /** Names of its options, beside `kind`. */
  readonly options: readonly string[];
  /** Whether a model that is named without a kind, but maybe with options, is of this one. */
  recognizes?(model: string, options: readonly string[]): boolean;
  plan(spec: SystemSpec, models: Models): Promise<SystemPlan>;
}

/** `NAME`, `NAME=MODEL` or `NAME=MODEL,option=value,…`. */
export interface SystemSpec {
  readonly name: string;
  readonly kind: string;
  /** Undefined: the model of the run. */
  readonly model: string | undefined;
  readonly options: Readonly<Record<string, string>>;
}

/** Models by name: the one that is loaded stays until another is asked for. */
export interface Models {
  /** What a model is, from its files. */
  describe(model: string | undefined): Promise<DescribedModel>;
  load(model: string | undefined): Promise<Model>;
  /** What a system without a model of its own is made of; nothing: the embedded pair. */
  readonly own: NamedModels;
  describeDenoiser(named: NamedDenoiser): Promise<DescribedDenoiser>;
  loadDenoiser(named: NamedDenoiser): Promise<DenoiserModel>;
}

/** Without a name it is the embedded MLM. */
export type NamedDenoiser = Readonly<
  Pick<LoadDenoiserOptions, 'denoiser' | 'tokenizer' | 'family' | 'maskId'>
>;

export interface DescribedModel {
  readonly fingerprints: JsonObject;
  readonly vocabulary: Pick<Vocabulary, 'tokenize'>;
  readonly vocabularyHash: string;
  /** What tells it from other models that are loaded, whatever they are called. */
  readonly loadedAs: string;
}

export interface DescribedDenoiser extends DescribedModel {
  readonly form: Pick<DenoiserForm, 'family' | 'readsNoise'>;
}
