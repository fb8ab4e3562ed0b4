// What the command line gives to the screen.
import type { MariaModel } from '@maria/core';
import type { Recording } from './replay/recording.js';
import type { KeySource } from './terminal/keyboard.js';
import type { Terminal } from './terminal/screen.js';
import type { ThemeName } from './view/theme.js';

export interface TuiOptions {
  /** The text to begin with; empty to type one. */
  readonly text: string;
  readonly screen: 'infill' | 'anneal';
  readonly seed: number;
  /** Of filling. */
  readonly temperature: number;
  /** Gaps that are drafted ahead in filling; how many passes are shown depends on it, the text does not. */
  readonly speculate: number | 'auto';
  /** Of annealing. */
  readonly sweeps: number;
  /** Called once, while the screen is there already. `tell` shows a line. */
  readonly loadModel: (tell: (line: string) => void) => Promise<MariaModel>;
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
