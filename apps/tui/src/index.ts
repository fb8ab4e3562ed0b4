// The public names of @maria/tui.
import type { TuiOptions } from './options.js';

export type { TuiOptions } from './options.js';
export { type Frame, type FrameCell, framesOf } from './replay/frames.js';
export { checkVocabulary, type Recording, readRecording } from './replay/recording.js';
export { type SweepCharts, sweepCharts } from './view/sweep-charts.js';
export { isLightTerminal, type ThemeName } from './view/theme.js';

/**
 * Shows the screens until the person quits, and returns the text that they chose. The terminal is given back in every case.
 * @throws InterruptedError for Ctrl-C, and what loading the model throws
 */
export async function runTui(options: TuiOptions): Promise<string> {
  // React's development build checks and measures every render; who runs a command has no use for that.
  process.env.NODE_ENV ??= 'production';
  const { run } = await import('./run.js');
  return run(options);
}
