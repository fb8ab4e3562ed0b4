// What a sampler is: one file that says which positions of a canvas are filled, or masked again, in each step, and with what.
import type { Canvas, Step } from './canvas.js';
import type { DrawOptions } from './draw.js';
import type { Noise } from './noise.js';

/** How a sampler works, all of it given; `samplers.ts` has the defaults. */
export interface SamplerOptions extends DrawOptions {
  readonly steps: number;
  /** Positions that are filled before those right of them; all at once without it. */
  readonly blockLength?: number | undefined;
  /** Where time ends, for samplers that fill by it. */
  readonly end?: number | undefined;
  /** How the positions of a block are shared out among its steps: as LLaDA does, or as dLLM, whose blocks are windows of the whole text. @default 'even' */
  readonly quotas?: 'even' | 'rounded' | undefined;
  /** Tokens that are chosen last: they have no confidence. @default none */
  readonly unsure?: readonly number[] | undefined;
  /** Positions are taken at random, not by confidence. @default false */
  readonly randomOrder?: boolean | undefined;
  /** The most probable token, although there is a temperature for the confidences. @default false */
  readonly greedy?: boolean | undefined;
  /** From which confidence on a token is filled in any case. */
  readonly threshold?: number | undefined;
  /** How much is masked again (ReMDM). */
  readonly eta?: number | undefined;
  /** Between these times text is masked again, at this share of known tokens (ReMDM's loop). */
  readonly loop?: { readonly on: number; readonly off: number; readonly alpha: number } | undefined;
}

export interface SamplerTask {
  readonly canvas: Canvas;
  readonly noise: Noise;
  readonly options: SamplerOptions;
}

/** Yields after each step; at the end nothing is masked. */
export type Sampler = (task: SamplerTask) => AsyncGenerator<Step, void>;
