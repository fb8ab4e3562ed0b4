// Which part of a sequence that is too long for the models each of its masked tokens is chosen in.
import { isCount } from '../check-option.js';
import { UsageError } from '../errors.js';
import type { Model, PartName } from '../maria/model.js';
import { sentenceStarts } from '../text/sentence-starts.js';
import type { Vocabulary } from '../text/vocabulary.js';
import type { WindowSpan } from './events.js';

/** Most tokens that the models read at once, those around the text included; `auto`: as many as they can. */
export type WindowSize = number | 'auto';

/** The tokens of a sequence from `start` to before `end`, and the positions of those that are chosen there. */
export interface Window {
  readonly start: number;
  readonly end: number;
  /** Ascending. What is masked after them in the window stays masked. */
  readonly masked: readonly number[];
}

/** How windows are told. */
export function spanOf({ start, end, masked }: Window): WindowSpan {
  return { start, end, tokens: masked.length };
}

/** What fits. */
export interface WindowRoom {
  /** Most tokens of a window. */
  readonly tokens: number;
  /** Most tokens of it before its last masked one. */
  readonly before: number;
  /** Most tokens of it after that: none, where nobody reads them. */
  readonly after: number;
}

/** Below it a window says little. */
const leastWindow = 16;

/** What the parts that are read have room for. @throws UsageError for a size that is none */
export function windowRoom(
  { alignment: { arPrefix, mlmPrefix, mlmSuffix }, ar, mlm }: Model,
  needs: readonly PartName[],
  size: WindowSize,
): WindowRoom {
  if (size !== 'auto' && !isCount(size, leastWindow))
    throw new UsageError(
      'option-out-of-range',
      `Cannot read in windows: window is ${String(size)}, it must be 'auto' or a whole number of at least ${leastWindow}.`,
    );
  const most = size === 'auto' ? Number.POSITIVE_INFINITY : size;
  const before = ar && needs.includes('ar') ? Math.min(ar.capacity, most) - arPrefix.length : most;
  return mlm && needs.includes('mlm')
    ? {
        tokens: Math.min(mlm.maxLength, most) - mlmPrefix.length - mlmSuffix.length,
        before,
        after: Number.POSITIVE_INFINITY,
      }
    : { tokens: before + 1, before, after: 0 };
}

/** What failed because a text is too long tells that windows would do, to those who know how they are asked for. */
export function tellsOfWindows(error: unknown): unknown {
  if (!(error instanceof UsageError) || error.code !== 'context-too-long') return error;
  // Windows would not do.
  if ('mostTokens' in error.facts || 'openLengths' in error.facts) return error;
  const { code, message, try: advice, facts } = error;
  return new UsageError(code, message, {
    ...(advice !== undefined && { try: advice }),
    facts: { ...facts, fitsInWindows: true },
    cause: error,
  });
}

/** A sequence in which `masked` positions, ascending, have no token yet. */
export interface LongSequence {
  readonly ids: ArrayLike<number>;
  readonly masked: readonly number[];
}

/**
 * Windows for all masked tokens, in their order; undefined for a sequence that fits as it is. A window is for masked tokens that are at most
 * half of a window apart, and shows as much on both sides of them as fits, from the beginning of a sentence or line to the end of one where
 * there is one in the outer half of a side. Which windows there are follows from the tokens that are not masked, not from what is chosen.
 */
export function planWindows(
  sequence: LongSequence,
  room: WindowRoom,
  vocabulary: Pick<Vocabulary, 'bytesOf'>,
): readonly Window[] | undefined {
  const { ids, masked } = sequence;
  const isRead = ids.length <= room.tokens || room.after === 0;
  if (isRead && masked.at(-1)! <= room.before) return undefined;
  const starts = new SentenceStarts(sequence, vocabulary);
  const widest = Math.max(1, Math.floor(Math.min(room.tokens, room.before + 1) / 2));
  const windows: Window[] = [];
  for (let next = 0; next < masked.length; ) {
    const end = endOfGroup(masked, next, widest);
    windows.push(windowAround(masked.slice(next, end), ids.length, room, starts));
    next = end;
  }
  return windows;
}

/** Masked tokens from `first` on that are at most `widest` apart. Those that directly follow each other stay together where they can. */
function endOfGroup(masked: readonly number[], first: number, widest: number): number {
  let end = first + 1;
  while (end < masked.length && masked[end]! - masked[first]! < widest) end++;
  const follows = (index: number) => masked[index] === masked[index - 1]! + 1;
  let run = end;
  while (run > first && follows(run)) run--;
  let over = end;
  while (over - run <= widest && follows(over)) over++;
  return run > first && over - run <= widest ? run : end;
}

function windowAround(
  masked: readonly number[],
  length: number,
  { tokens, before, after }: WindowRoom,
  starts: SentenceStarts,
): Window {
  const first = masked[0]!;
  const last = masked.at(-1)!;
  const spare = tokens - (last - first + 1);
  const mostBefore = Math.min(first, before - (last - first));
  const mostAfter = Math.min(length - 1 - last, after);
  const right = Math.min(Math.floor(spare / 2), mostAfter);
  const earliest = first - Math.min(spare - right, mostBefore);
  const start = earliest === 0 ? 0 : starts.firstWithin(earliest, first);
  const latest = Math.min(start + tokens, last + 1 + mostAfter);
  const end = latest === length || after === 0 ? latest : starts.lastWithin(last + 1, latest);
  return { start, end, masked };
}

/** Tokens that are read before those in question: what a sentence is follows from them. */
const tokensBefore = 16;

/** Stands for a token that is not known. */
const anyWord = new TextEncoder().encode(' X');

class SentenceStarts {
  readonly #sequence: LongSequence;
  readonly #masked: ReadonlySet<number>;
  readonly #vocabulary: Pick<Vocabulary, 'bytesOf'>;

  constructor(sequence: LongSequence, vocabulary: Pick<Vocabulary, 'bytesOf'>) {
    this.#sequence = sequence;
    this.#masked = new Set(sequence.masked);
    this.#vocabulary = vocabulary;
  }

  /** The first one from `from` on, in the first half of the way to `to`; `from` without one. */
  firstWithin(from: number, to: number): number {
    return this.#among(from, from + Math.floor((to - from) / 2))[0] ?? from;
  }

  /** The last one up to `to`, in the second half of the way from `from`; `to` without one. */
  lastWithin(from: number, to: number): number {
    return this.#among(to - Math.floor((to - from) / 2), to).at(-1) ?? to;
  }

  /** Both ends included. */
  #among(first: number, last: number): number[] {
    const from = Math.max(0, first - tokensBefore);
    const bytes = Array.from({ length: last + 1 - from }, (_, i) =>
      this.#masked.has(from + i) ? anyWord : this.#vocabulary.bytesOf(this.#sequence.ids[from + i]!),
    );
    return sentenceStarts(bytes).flatMap((i) => (from + i >= first ? [from + i] : []));
  }
}
