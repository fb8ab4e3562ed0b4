// The part of an input that one process works on: every n-th text, without those that are done.
import { UsageError } from '@maria/core/errors';
import type { Sink } from '../output.js';
import { compressionOf, isParquetName } from '../output-name.js';
import type { OutputForm } from './resume.js';

/** One of several processes that share an input. */
export interface Shard {
  /** From 1. */
  readonly number: number;
  /** How many there are. */
  readonly of: number;
}

export const wholeInput: Shard = { number: 1, of: 1 };

export class Share {
  /** @param done how many of this shard's texts an earlier run did */
  constructor(
    private readonly shard: Shard = wholeInput,
    private readonly done = 0,
  ) {}

  /** Whether the text at this place of the input, from 0, is to be worked on. */
  takes(place: number): boolean {
    const { number, of } = this.shard;
    return place % of === number - 1 && Math.floor(place / of) >= this.done;
  }

  /** @throws UsageError where the whole input has fewer texts than were done */
  refuseShort(texts: number): void {
    const { number, of } = this.shard;
    const own = Math.max(0, Math.ceil((texts - (number - 1)) / of));
    if (own >= this.done) return;
    throw new UsageError(
      'resumed-other-input',
      `Cannot go on: the output holds ${this.done} texts, and the input has ${own}${of > 1 ? ` for shard ${number}/${of}` : ''}.`,
      { try: 'Give the input and the flags that the output was made with, or another output file.' },
    );
  }
}

/** @throws UsageError for an output that cannot be gone on with */
export function refuseUnfitToResume(output = ''): void {
  const unfit = isParquetName(output)
    ? 'Parquet, whose end says where all of it is'
    : compressionOf(output) && 'compressed, and where it was cut cannot be told';
  if (unfit === undefined) return;
  throw new UsageError('cannot-resume', `Cannot resume: ${output} is ${unfit}.`, {
    try: 'Write JSON Lines, and make the other file of them when all is done.',
  });
}

/** Where the output of a command goes, and what it is still to do. */
export async function openShare(
  { shard, resume, output }: { shard?: Shard | undefined; resume: boolean; output?: string | undefined },
  form: OutputForm,
): Promise<{ share: Share; output: Sink | string | undefined; failed: number }> {
  if (!resume || output === undefined) return { share: new Share(shard), output, failed: 0 };
  const { resumedOutput } = await import('./resume.js');
  const { sink, done, failed } = await resumedOutput(output, form);
  return { share: new Share(shard, done), output: sink, failed };
}
