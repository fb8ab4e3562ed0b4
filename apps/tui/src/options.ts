// What the command line gives to the screen.
import type { GapConstraint, InfillOptions, Model } from '@maria/core';
import type { Recording } from './replay/recording.js';
import type { KeySource } from './terminal/keyboard.js';
import type { Terminal } from './terminal/screen.js';
import type { ThemeName } from './view/theme.js';

/** How gaps are filled, whatever temperature and seed. With a denoiser there is no anneal screen. */
export type Filling = Pick<
  InfillOptions,
  'system' | 'speculate' | 'sampler' | 'steps' | 'blockLength' | 'guidance'
> & {
  /** Most tokens of a gap of which nobody knows how long it is. @default 16 */
  readonly maxLength?: number;
};

export interface TuiOptions {
  /** The text to begin with; empty to type one. */
  readonly text: string;
  readonly screen: 'infill' | 'anneal';
  readonly seed: number;
  /** Of filling. */
  readonly temperature: number;
  readonly filling: Filling;
  /** What is asked of each gap at first. @default nothing */
  readonly asked?: GapConstraint | undefined;
  /** How many fills are listed of the most probable ones. @default 8 */
  readonly best?: number | undefined;
  /** Of annealing. */
  readonly sweeps: number;
  /** Called once, while the screen is there already: a model that has what fills, and a pair unless that is a denoiser. `tell` shows a line. */
  readonly loadModel: (tell: (line: string) => void) => Promise<Model>;
  /** A recorded run to show in place of a text, and what to call it. */
  readonly recording?: { readonly name: string; readonly recording: Recording };
  /** Where it is drawn. */
  readonly terminal: Terminal & {
    on(event: 'resize', listener: () => void): unknown;
    off(event: 'resize', listener: () => void): unknown;
  };
  /** Where keys come from. */
  readonly keys: KeySource;
  readonly theme: ThemeName;
  /** Ends it as Ctrl-C does. */
  readonly signal: AbortSignal;
}
