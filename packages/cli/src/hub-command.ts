// What the commands on the Hub's cache share: the engine's part for it, flags, interrupts and output.
import type { PullOptions } from '@maria/checkpoints';
import { Command } from '@oclif/core/command';
import { generalFlags } from './flags.js';
import { listenForInterrupts } from './interrupt.js';
import { note, standardOutput } from './output.js';
import { ProgressBar } from './progress-bar.js';
import { barWidth } from './terminal.js';
import { visibleLine } from './visible.js';

export abstract class HubCommand extends Command {
  static override baseFlags = generalFlags;

  protected readonly signal = listenForInterrupts();

  /** The functions on the cache; loaded on first use, so that help pays nothing for them. */
  protected async hub() {
    return import('@maria/checkpoints');
  }

  /** Runs what may download: with a bar on standard error while it does, and a line where it has to wait for another process. */
  protected async pulling<T>(work: (options: PullOptions) => Promise<T>): Promise<T> {
    const width = barWidth();
    const bar = width && new ProgressBar({ ...width, now: () => performance.now() });
    try {
      return await work({
        signal: this.signal,
        ...(bar && { onProgress: (progress) => bar.show(progress) }),
        onNote: (message) => {
          bar?.clear();
          note(message);
        },
      });
    } finally {
      bar?.clear();
    }
  }

  /** Lines of text on standard output. Names and values in them come from strangers: none of them may steer the terminal. */
  protected async write(lines: readonly string[]): Promise<void> {
    if (lines.length > 0) await standardOutput().write(`${lines.map(visibleLine).join('\n')}\n`);
  }

  /** One line of JSON on standard output; fields that are undefined are left out. */
  protected async writeRecord(record: object): Promise<void> {
    await this.write([JSON.stringify(record)]);
  }
}
