// Exact speculation: tokens of the next gaps are drafted, one pass reads them all, and each draft counts only if it is the very token that
// would have been chosen without it. What is chosen, and its probability, is the same with and without.
import { UsageError } from '../errors.js';
import { type Matrix, row } from '../tensor/values.js';
import type { DraftQuality } from './draft-chances.js';
import type { Plan } from './draft-window.js';
import { fuse } from './fused-logits.js';
import type { Guess } from './guess-token.js';

/** Reads a sample, several masked positions in one pass. */
export interface WindowReader {
  /** Takes what reading from this masked position on needs, before any logits are made: who waits for it keeps none. */
  begin(first: number): Promise<void>;
  /**
   * The AR model's half of the logits [count, V] of the masked positions from the index `first` on, each with what is set before it.
   * It holds until the next call. `fed` tokens were read.
   */
  read(first: number, count: number): Promise<{ ar: Matrix; fed: number }>;
  /** The MLM's half [V] of one, once all before it are chosen. Holds until the next call of either of these. */
  mlmRow(index: number): Promise<Float32Array>;
  /** The MLM's half as far as it is known now, [count, V]: drafts are made of it. */
  mlmRows(first: number, count: number): Promise<Matrix>;
  /** Puts a token, chosen or drafted, in place of a mask. */
  set(index: number, id: number): void;
  /** Forgets what was read from this masked position on. */
  forget(index: number): void;
  /** As `read`, of one position, in passes of its own that are always the same. */
  alone(index: number): Promise<{ ar: Matrix; mlm: Matrix }>;
}

export interface Speculation {
  /** How many gaps to draft ahead in the pass that gives the token of the masked position with this index. */
  plan(index: number): Plan;
  /** The token that these logits would give for the masked position with this index. Writes into them. */
  guess(index: number, logits: Float32Array): Guess;
  /** Hears what a draft took beside the passes, in milliseconds. */
  guessed(ms: number): void;
  /** Weight of the MLM's half where it stands for the whole. */
  readonly draftScale: number;
  /** Masked positions of the sample. */
  readonly count: number;
  readonly vocabularySize: number;
  /** Hears of the drafts of a pass: masked positions from the index `first` on, and their ids. */
  drafted(first: number, ids: readonly number[]): void;
  /** Hears whether a draft, which a pass read or not, was the very token that was chosen. */
  checked(draft: DraftQuality, isRight: boolean, wasRead: boolean): void;
}

/** The pass that is being checked. */
interface Window {
  readonly first: number;
  readonly last: number;
  readonly ar: Matrix;
}

export class Speculated {
  /** Drafts by index, kept while they may still be right. */
  readonly #drafts = new Map<number, Guess & DraftQuality>();
  readonly #reader: WindowReader;
  readonly #speculation: Speculation;
  /** Made when the first token is drafted. */
  #scratch: Float32Array | undefined;
  #window: Window | undefined;
  /** The rows of a pass from the index `from` on, which stand behind a wrong draft. */
  #behind: (Window & { readonly from: number }) | undefined;

  constructor(reader: WindowReader, speculation: Speculation) {
    this.#reader = reader;
    this.#speculation = speculation;
  }

  /** The fused logits of the masked position with this index into `out`. @returns how many tokens were read for it */
  async next(index: number, out: Float32Array): Promise<number> {
    let fed = 0;
    if (!this.#window || index > this.#window.last) fed = await this.#read(index);
    const { first, ar } = this.#window!;
    fuse(row(ar, index - first), await this.#reader.mlmRow(index), out);
    return fed;
  }

  /** As `next`, for one that was given already, from the sequence alone. */
  async again(index: number, out: Float32Array): Promise<void> {
    const { ar, mlm } = await this.#reader.alone(index);
    this.#window = undefined;
    this.#behind = undefined;
    fuse(row(ar, 0), row(mlm, 0), out);
  }

  /** What was chosen for the masked position with this index. */
  set(index: number, id: number): void {
    this.#reader.set(index, id);
    const window = this.#window;
    const wasRead = window !== undefined && index < window.last;
    const draft = this.#drafts.get(index);
    if (draft) this.#speculation.checked(draft, draft.id === id, wasRead);
    if (!wasRead || draft!.id === id) return;
    this.#reader.forget(index);
    this.#behind = { ...window, from: index + 1 };
    this.#window = undefined;
  }

  async #read(index: number): Promise<number> {
    await this.#reader.begin(index);
    const size = await this.#draft(index);
    try {
      return await this.#readWindow(index, index + size);
    } catch (error) {
      // A token that only the MLM knows may be drafted, and cannot be read.
      if (size === 0 || !(error instanceof UsageError)) throw error;
      this.#drafts.clear();
      return this.#readWindow(index, index);
    }
  }

  async #readWindow(first: number, last: number): Promise<number> {
    const ids = Array.from({ length: last - first }, (_, i) => this.#drafts.get(first + i)!.id);
    ids.forEach((id, i) => {
      this.#reader.set(first + i, id);
    });
    if (ids.length > 0) this.#speculation.drafted(first, ids);
    const { ar, fed } = await this.#reader.read(first, last - first + 1);
    this.#window = { first, last, ar };
    return fed;
  }

  /** Drafts for the masked positions from the index `first` on, one by one, as far as they are wanted. @returns how many to read */
  async #draft(first: number): Promise<number> {
    const { plan, count } = this.#speculation;
    if (this.#behind) await this.#redraft(this.#behind);
    this.#behind = undefined;
    const planned = plan(first);
    for (let i = first; i < count - 1 && planned.wantsMore(); i++) {
      if (!this.#drafts.has(i)) await this.#guess(first, i);
      planned.add(this.#drafts.get(i)!);
    }
    return planned.decide();
  }

  /** From the MLM alone, weighed. Asked for from the index `first` on, as the pass will ask: the rows are computed once for both. */
  async #guess(first: number, index: number): Promise<void> {
    const { guess, guessed, draftScale } = this.#speculation;
    const half = row(await this.#reader.mlmRows(first, index - first + 1), index - first);
    const started = performance.now();
    const scratch = this.#guessed();
    for (let id = 0; id < half.length; id++) scratch[id] = draftScale * half[id]!;
    this.#drafts.set(index, { ...guess(index, scratch), isMended: false });
    guessed(performance.now() - started);
  }

  /** Rows behind a wrong draft were computed all the same: they are nearer to the truth than the MLM alone. */
  async #redraft({ first, from, last, ar }: Window & { readonly from: number }): Promise<void> {
    const { guess, guessed } = this.#speculation;
    const scratch = this.#guessed();
    const mlm = await this.#reader.mlmRows(from, last - from + 1);
    for (let i = from; i <= last; i++) {
      const started = performance.now();
      fuse(row(ar, i - first), row(mlm, i - from), scratch);
      this.#drafts.set(i, { ...guess(i, scratch), isMended: true });
      guessed(performance.now() - started);
    }
  }

  /** Memory for the logits of one guess. */
  #guessed(): Float32Array {
    this.#scratch ??= new Float32Array(this.#speculation.vocabularySize);
    return this.#scratch;
  }
}
