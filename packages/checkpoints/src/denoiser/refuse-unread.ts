// Every tensor of a denoiser's files has to be read, or known to be of no use: such checkpoints load silently wrong elsewhere.
import { DataError, type DenoiserArchitecture, type Program, Weights } from '@maria/core';
import type { LogitMatrix } from '../pair/pair.js';
import type { Checkpoint } from '../weights/checkpoint.js';
import { quote } from '../weights/quote.js';

/** @throws DataError naming the first tensor that nothing reads */
export function refuseUnread(
  { folder, weights }: Checkpoint,
  architecture: DenoiserArchitecture,
  { program, read: prepared }: { readonly program: Program; readonly read: readonly string[] },
  expert: LogitMatrix,
): void {
  const names = new Weights(weights, architecture.tensorNames);
  const { weight, untied, bias } = architecture.outputEmbedding;
  const read = new Set([
    ...prepared,
    ...program.weights.map(({ attributes }) => attributes.name),
    expert.weight,
    ...[weight, untied, bias].flatMap((name) => (name === undefined ? [] : names.spellings(name))),
  ]);
  const unread = [...weights.entries.keys()].filter(
    (name) => !read.has(name) && !architecture.isIgnored(name),
  );
  if (unread.length === 0) return;
  const others = unread.length === 1 ? '' : ` and ${unread.length - 1} more`;
  throw new DataError(
    'tensor-unknown',
    `Cannot load the denoiser in ${folder}: ${architecture.family} has no tensor ${quote(unread[0]!)}${others}.`,
    { try: 'Check that config.json belongs to these weights, and that they are of this family.' },
  );
}
