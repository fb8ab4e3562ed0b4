// How far a run over texts is, on the status line of a terminal.
import type { InfillEvent } from '@maria/core';
import { note, tell } from './output.js';
import { noStatusLine, type StatusLine, statusLine } from './status-line.js';
import { showsProgress } from './terminal.js';

export class TextProgress {
  private readonly status: StatusLine;
  private readonly done: string;
  private readonly samples: number;
  private readonly clock: () => number;
  private readonly started: number;
  private texts = 0;
  /** Of texts that are filled: tokens that are, and all that will be in the texts that were read. */
  private readonly tokens = { filled: 0, read: 0 };

  /** @param done what happens to a text, such as "filled" */
  constructor(
    status: StatusLine,
    { done, samples = 1 }: { readonly done: string; readonly samples?: number | undefined },
    clock: () => number = () => performance.now(),
  ) {
    this.status = status;
    this.done = done;
    this.samples = samples;
    this.clock = clock;
    this.started = clock();
  }

  /** Counts the tokens of a text, which may be long. */
  follow(event: InfillEvent): void {
    if (event.type === 'mlm-encoded')
      this.tokens.read += event.positions.length * (event.sample === undefined ? this.samples : 1);
    else if (event.type === 'gap-filled') this.tokens.filled++;
    else if (event.type === 'gap-masked') this.tokens.filled--;
    else return;
    this.status.show(this.line());
  }

  /** A text is over, whatever became of it. */
  finish(): void {
    this.texts++;
    this.status.show(this.line());
  }

  /** Takes a line for the person who runs the command. */
  readonly note = (line: string): void => {
    this.status.clear();
    note(line);
  };

  /** Takes what is told with --quiet too. */
  readonly tell = (line: string): void => {
    this.status.clear();
    tell(line);
  };

  clear(): void {
    this.status.clear();
  }

  private line(): string {
    const { texts, tokens } = this;
    const counted = tokens.read === 0 ? texts : tokens.filled;
    const rate = counted / Math.max(0.001, (this.clock() - this.started) / 1000);
    const ofTokens = tokens.read === 0 ? '' : `, ${tokens.filled} of ${tokens.read} tokens`;
    const perSecond = `${rate.toFixed(rate < 10 ? 1 : 0)} a second`;
    return `${texts} ${texts === 1 ? 'text' : 'texts'} ${this.done}${ofTokens}, ${perSecond}`;
  }
}

/** On a terminal that no data run over. @param output file that the data go to; standard output without it */
export function textProgress(
  output: string | undefined,
  counts: { readonly done: string; readonly samples?: number | undefined },
): TextProgress {
  const writesToTerminal = output === undefined || output === '-';
  const status = showsProgress({ writesToTerminal }) ? statusLine(process.stderr) : noStatusLine;
  return new TextProgress(status, counts);
}
