// The one line on standard error that tells how far a run is, rewritten in place.
import { visibleLine } from './visible.js';

export interface StatusLine {
  show(text: string): void;
  /** Takes the line away again. */
  clear(): void;
}

/** At most ten times a second, cut to the width of the terminal. */
export function statusLine(
  stream: { write(text: string): unknown; readonly columns?: number },
  clock: () => number = () => performance.now(),
): StatusLine {
  let shownAt = -Infinity;
  let visible = false;
  return {
    show(text) {
      if (clock() - shownAt < 100) return;
      shownAt = clock();
      visible = true;
      stream.write(`\r\u001b[2K${visibleLine(text).slice(0, (stream.columns ?? 80) - 1)}`);
    },
    clear() {
      if (visible) stream.write('\r\u001b[2K');
      visible = false;
      shownAt = -Infinity;
    },
  };
}

export const noStatusLine: StatusLine = { show: () => {}, clear: () => {} };
