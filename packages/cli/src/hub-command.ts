// What the commands on the Hub's cache share: the engine's part for it, flags, interrupts and output.
import { Command } from '@oclif/core/command';
import { generalFlags } from './flags.js';
import { listenForInterrupts } from './interrupt.js';
import { standardOutput } from './output.js';

export abstract class HubCommand extends Command {
  static override baseFlags = generalFlags;

  protected readonly signal = listenForInterrupts();

  /** The functions on the cache; loaded on first use, so that help pays nothing for them. */
  protected async hub() {
    return import('@maria/kernels');
  }

  /** Lines of text on standard output. */
  protected async write(lines: readonly string[]): Promise<void> {
    if (lines.length > 0) await standardOutput().write(`${lines.join('\n')}\n`);
  }

  /** One line of JSON on standard output; fields that are undefined are left out. */
  protected async writeRecord(record: object): Promise<void> {
    await this.write([JSON.stringify(record)]);
  }
}
