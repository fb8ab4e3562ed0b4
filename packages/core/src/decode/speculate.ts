// Exact speculation: tokens of the next gaps are drafted, one pass reads them all, and each draft counts only if it is the very token that
// would have been chosen without it. What is chosen, and its probability, is the same with and without.
import { UsageError } from '../errors.js';
import type { Shortlist } from '../maria/shortlist.js';
import { type Matrix, row, rowsFrom } from '../tensor/values.js';
import type { DraftQuality } from './draft-chances.js';
import type { Plan } from './draft-window.js';
import { fuse } from './fused-logits.js';
import type { Guess } from './guess-token.js';
import type { ListQuestion } from './listed-choice.js';

/** Reads a sample, several masked positions in one pass. */
export interface WindowReader {
  /** Takes what reading from this masked position on needs, before any logits are made: who waits for it keeps none. */
  begin(first: number): Promise<void> | undefined;
  /** h_ar [count, dAR] of the masked positions from the index `first` on, each with what is set before it. `fed` tokens were read. */
  read(first: number, count: number): Promise<{ hidden: Matrix; fed: number }>;
  /** The AR model's half of the logits [count, V] of what was read. It holds until the next call. */
  arRows(hidden: Matrix): Promise<Matrix>;
  /** The MLM's half [V] of one, once all before it are chosen: at once where it is known. Holds until the next call of either of these. */
  mlmRow(index: number): Float32Array | Promise<Float32Array>;
  /** The MLM's half as far as it is known now, [count, V]: drafts are made of it. */
  mlmRows(first: number, count: number): Promise<Matrix>;
  /** Puts a token, chosen or drafted, in place of a mask. */
  set(index: number, id: number): void;
  /** Forgets what was read from this masked position on. */
  forget(index: number): void;
  /** Both halves of one position, in passes of its own that are always the same. */
  alone(index: number): Promise<{ ar: Matrix; mlm: Matrix }>;
  /** Absent where the head makes no shortlists. */
  readonly lists?: ListReader | undefined;
}

/** Shortlists in place of logits. */
interface ListReader {
  /** Of the masked positions from the index `first` on, by h_ar: as many as the MLM's reading of the first serves, and there are questions for. */
  read(first: number, hidden: Matrix, questions: readonly ListQuestion[]): Promise<Shortlist[]>;
  /** By the MLM alone, as far as it is known now. @param mlmWeight of its half */
  ahead(first: number, mlmWeight: number, questions: readonly ListQuestion[]): Promise<Shortlist[]>;
  /** As `alone` of the reader. */
  alone(index: number, question: ListQuestion): Promise<Shortlist>;
}

export interface Speculation {
  /** How many gaps to draft ahead in the pass that gives the token of the masked position with this index. */
  plan(index: number): Plan;
  /** The token that these logits, weighed, would give for the masked position with this index. Writes into them. */
  guess(index: number, logits: Float32Array, weight: number): Guess;
  /** What a shortlist for a guess at the position is asked; undefined where it takes all logits. */
  question(index: number): ListQuestion | undefined;
  /** As `guess`, from a shortlist. */
  guessListed(index: number, list: Shortlist, question: ListQuestion): Guess;
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

/** Drafts that are made of one pass over shortlists. */
const listsAhead = 16;

interface Listed {
  readonly question: ListQuestion;
  readonly list: Shortlist;
}

/** The pass that is being checked. */
interface Window {
  readonly first: number;
  readonly last: number;
  readonly hidden: Matrix;
  /** Once they were asked for: they hold until the next window. */
  ar?: Matrix;
  /** By index, those that were made. */
  readonly lists: Map<number, Listed>;
}

export class Speculated {
  /** Drafts by index, kept while they may still be right. */
  readonly #drafts = new Map<number, Guess & DraftQuality>();
  /** By the MLM alone, by index. */
  readonly #ahead = new Map<number, Listed>();
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
    const fed = this.#holds(index) ? 0 : await this.#read(index);
    const window = this.#window!;
    window.ar ??= await this.#reader.arRows(window.hidden);
    fuse(row(window.ar, index - window.first), await this.#reader.mlmRow(index), out);
    return fed;
  }

  /** A shortlist of the same logits. Only where the reader makes some. */
  async list(index: number, question: ListQuestion): Promise<{ list: Shortlist; fed: number }> {
    const fed = this.#holds(index) ? 0 : await this.#read(index);
    const window = this.#window!;
    // What comes before it was not known yet when it was asked about others: more or less may be allowed now.
    if (window.lists.get(index)?.question.allowed !== question.allowed)
      await this.#listWindow(window, index, question);
    return { list: window.lists.get(index)!.list, fed };
  }

  /** As `list`, from the sequence alone. */
  async listAgain(index: number, question: ListQuestion): Promise<Shortlist> {
    const list = await this.#reader.lists!.alone(index, question);
    this.#window = undefined;
    this.#behind = undefined;
    return list;
  }

  /** Whether the window that is being checked has this index. */
  #holds(index: number): boolean {
    return this.#window !== undefined && index <= this.#window.last;
  }

  /** Shortlists of the rest of the window, in one pass. */
  async #listWindow({ first, last, hidden, lists }: Window, index: number, question: ListQuestion) {
    const questions = [question, ...this.#questions(index + 1, last)];
    const read = await this.#reader.lists!.read(
      index,
      rowsFrom(hidden, index - first, questions.length),
      questions,
    );
    for (const [i, list] of read.entries()) lists.set(index + i, { question: questions[i]!, list });
  }

  /** Of the positions from one to another, as far as shortlists serve them. */
  #questions(first: number, last: number): ListQuestion[] {
    const questions: ListQuestion[] = [];
    for (let i = first; i <= last; i++) {
      const question = this.#speculation.question(i);
      if (!question) break;
      questions.push(question);
    }
    return questions;
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
    this.#ahead.delete(index);
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
    const planned = this.#speculation.plan(index);
    const drafts = this.#behind !== undefined || planned.wantsMore();
    const size = drafts ? await this.#draft(index, planned) : planned.decide();
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
    const { hidden, fed } = await this.#reader.read(first, last - first + 1);
    this.#window = { first, last, hidden, lists: new Map() };
    return fed;
  }

  /** Drafts for the masked positions from the index `first` on, one by one, as far as they are wanted. @returns how many to read */
  async #draft(first: number, planned: Plan): Promise<number> {
    const { count } = this.#speculation;
    if (this.#behind) await this.#redraft(this.#behind);
    this.#behind = undefined;
    for (let i = first; i < count - 1 && planned.wantsMore(); i++) {
      if (!this.#drafts.has(i)) await this.#guess(first, i);
      planned.add(this.#drafts.get(i)!);
    }
    return planned.decide();
  }

  /** From the MLM alone, weighed. Asked for from the index `first` on, as the pass will ask: the rows are computed once for both. */
  async #guess(first: number, index: number): Promise<void> {
    const { guess, guessed, draftScale } = this.#speculation;
    const listed = this.#reader.lists && (await this.#listAhead(index));
    if (listed) return this.#draftListed(index, listed, false);
    const half = row(await this.#reader.mlmRows(first, index - first + 1), index - first);
    const started = performance.now();
    const scratch = this.#guessed();
    scratch.set(half);
    this.#drafts.set(index, { ...guess(index, scratch, draftScale), isMended: false });
    guessed(performance.now() - started);
  }

  async #listAhead(index: number): Promise<Listed | undefined> {
    const { count, draftScale } = this.#speculation;
    if (!this.#ahead.has(index)) {
      const questions = this.#questions(index, Math.min(count, index + listsAhead) - 1);
      if (questions.length === 0) return undefined;
      const lists = await this.#reader.lists!.ahead(index, draftScale, questions);
      for (const [i, list] of lists.entries()) this.#ahead.set(index + i, { question: questions[i]!, list });
    }
    return this.#ahead.get(index);
  }

  #draftListed(index: number, { list, question }: Listed, isMended: boolean): void {
    const { guessListed, guessed } = this.#speculation;
    const started = performance.now();
    this.#drafts.set(index, { ...guessListed(index, list, question), isMended });
    guessed(performance.now() - started);
  }

  /** Rows behind a wrong draft were computed all the same: they are nearer to the truth than the MLM alone. */
  async #redraft({ first, from, last, ar, lists }: Window & { readonly from: number }): Promise<void> {
    const { guess, guessed } = this.#speculation;
    for (let i = from; i <= last; i++) if (lists.has(i)) this.#draftListed(i, lists.get(i)!, true);
    if (!ar) return;
    const scratch = this.#guessed();
    const mlm = await this.#reader.mlmRows(from, last - from + 1);
    for (let i = from; i <= last; i++) {
      if (lists.has(i)) continue;
      const started = performance.now();
      fuse(row(ar, i - first), row(mlm, i - from), scratch);
      this.#drafts.set(i, { ...guess(i, scratch, 1), isMended: true });
      guessed(performance.now() - started);
    }
  }

  /** Memory for the logits of one guess. */
  #guessed(): Float32Array {
    this.#scratch ??= new Float32Array(this.#speculation.vocabularySize);
    return this.#scratch;
  }
}
