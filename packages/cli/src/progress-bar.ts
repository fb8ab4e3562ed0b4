// One line that tells how far a download is, redrawn in place on a terminal.
import { readableSize } from './readable-size.js';
import { visibleLine } from './visible.js';

export interface ProgressBarOptions {
  /** Takes what is to appear on the terminal. */
  readonly write: (text: string) => void;
  /** Columns of the terminal. */
  readonly columns: number;
  /** Milliseconds of a steady clock. */
  readonly now: () => number;
}

export interface Progress {
  readonly file: string;
  readonly all: { readonly received: number; readonly total: number };
}

const redrawMs = 100;
/** The speed is that of this much time, so that it follows the line. */
const speedMs = 5_000;

export class ProgressBar {
  private readonly options: ProgressBarOptions;
  private readonly samples: { time: number; received: number }[] = [];
  private drawn = Number.NEGATIVE_INFINITY;

  constructor(options: ProgressBarOptions) {
    this.options = options;
  }

  show({ file, all }: Progress): void {
    const time = this.options.now();
    const { samples } = this;
    // Bytes that a blob had from the start came over no line; a restart takes bytes back.
    if (all.received < (samples.at(-1)?.received ?? 0)) samples.length = 0;
    samples.push({ time, received: all.received });
    if (time - this.drawn < redrawMs) return;
    while (samples.length > 2 && time - samples[1]!.time > speedMs) samples.shift();
    this.drawn = time;
    this.options.write(`\r${this.line(visibleLine(file), all)}\u001b[K`);
  }

  /** Takes the line away. */
  clear(): void {
    if (this.drawn > Number.NEGATIVE_INFINITY) this.options.write('\r\u001b[K');
    this.drawn = Number.NEGATIVE_INFINITY;
  }

  private line(file: string, { received, total }: Progress['all']): string {
    const { columns } = this.options;
    const percent = total > 0 ? Math.floor((100 * received) / total) : 0;
    const facts = `${percent}% of ${readableSize(total)}${this.speed()}`;
    const width = Math.min(30, columns - facts.length - 4);
    const full = Math.round((width * percent) / 100);
    const bar = width >= 10 ? `${'█'.repeat(full)}${'░'.repeat(width - full)} ` : '';
    return `${bar}${facts}  ${file}`.slice(0, columns - 1);
  }

  private speed(): string {
    const [first, last] = [this.samples[0]!, this.samples.at(-1)!];
    const seconds = (last.time - first.time) / 1000;
    return seconds < 0.5 ? '' : `, ${readableSize(Math.round((last.received - first.received) / seconds))}/s`;
  }
}
