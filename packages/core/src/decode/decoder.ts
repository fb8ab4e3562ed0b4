// What a decoder is: one file that reads parts of a model and tells, event by event, how the gaps of a sequence are filled.
import type { ModelWith, PartName } from '../maria/model.js';
import type { RefreshChoice } from '../maria/refresh.js';
import type { RandomKey } from '../random.js';
import type { TokenNoise } from './choose.js';
import type { SamplerName } from './diffusion/samplers.js';
import type { InfillEvent, InfillResult } from './events.js';
import type { PreparedInput } from './prepare.js';
import type { Ticket } from './ticket.js';

/** How tokens are chosen and told, all of it given; `options.ts` says what each of them is. */
export interface DecodeOptions {
  readonly temperature: number;
  readonly topK: number;
  readonly topP: number;
  readonly samples: number;
  readonly alternatives: number;
  readonly chunk: number;
  readonly speculate: number | 'auto';
  readonly best: number | undefined;
  readonly distinct: boolean;
  readonly beam: number | undefined;
  readonly refresh: RefreshChoice | undefined;
  readonly draft: ((position: number, id: number) => number) | undefined;
  readonly lineBreaks: boolean;
  readonly sampler: SamplerName | undefined;
  readonly steps: number | undefined;
  readonly blockLength: number | undefined;
  readonly guidance: number;
  /** Whether probabilities, not only texts, have the same bits whatever else is computed. @default false */
  readonly exact?: boolean;
  /** Of the text, as sequences of it have it. @default each sequence has one of its own */
  readonly ticket?: Ticket;
  readonly signal: AbortSignal | undefined;
}

/** A sequence with gaps, checked against the parts that the decoder needs. */
export interface DecodeTask<P extends PartName> {
  readonly model: ModelWith<P>;
  readonly prepared: PreparedInput;
  /** Positions to fill, ascending: those of the gaps that are not kept. */
  readonly masked: readonly number[];
  /** What the tokens of a sample are drawn with, by their position. */
  readonly noise: (sample: number) => (position: number) => TokenNoise;
  /** The random numbers of a sample, for decoders that draw in several steps. */
  readonly keyOf: (sample: number) => RandomKey;
  readonly options: DecodeOptions;
}

export interface Decoder<P extends PartName = PartName> {
  /** Parts of a model that it reads: a model without one of them is refused by name. */
  readonly needs: readonly P[];
  /** @throws InterruptedError when the signal of the options aborts */
  decode(task: DecodeTask<P>): AsyncGenerator<InfillEvent, InfillResult>;
}
