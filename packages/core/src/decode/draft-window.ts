// How many gaps ahead drafts are worth reading: by what passes cost here, by where the gaps are, and by how sure each draft is.
import { DraftChances, type DraftQuality } from './draft-chances.js';
import type { PassCost } from './pass-cost.js';

/** How many tokens were drafted, and what became of those that were checked. */
export interface Drafts {
  drafted: number;
  accepted: number;
  rejected: number;
}

export interface WindowCosts {
  readonly ar: Pick<PassCost, 'of'>;
  readonly head: Pick<PassCost, 'of'>;
  /** Sequences that share a pass. */
  readonly sequences: number;
}

/** How far ahead one pass drafts: hears of the drafts one by one, until it wants no more. */
export interface Plan {
  /** Whether the next gap should be drafted. */
  wantsMore(): boolean;
  /** The draft of that gap. */
  add(draft: DraftQuality): void;
  /** How many of the drafts should be read. Once, at the end. */
  decide(): number;
}

/** As many drafts as are asked for. */
export function fixedPlan(size: number): Plan {
  let added = 0;
  return {
    wantsMore: () => added < size,
    add: () => {
      added++;
    },
    decide: () => added,
  };
}

/** Passes, and looks at drafts, of the past count for less: half after 14. */
const memory = 0.95;

/** A part of a pass: less gain is not worth the work of drafts that no one measures, nor the noise of measuring. */
const leastGain = 0.1;

/**
 * What drafts may lose before any has gained, and in each pass, in passes without drafts: chances are only learnt from drafts that are
 * read, and a text must not become slower for it.
 */
const firstCredit = 0.4;
const creditInPass = 0.01;

/** What is gained is not all at stake when drafts become worse. */
const mostCredit = 4;

/** While drafts gain nothing they are made in one pass of so many, and one is read in one of so many of those. */
const lookEvery = 16;
const tryEvery = 4;

/** What all sequences of a model share: what one learns helps the next. */
export class DraftWindow {
  readonly chances = new DraftChances();
  /** What a draft costs beside the passes. */
  guessMs = 0;
  /** What looking at drafts gains in a pass, in the mean. */
  #gain = 0;
  #looks = 0;
  #passes = 0;
  #credit = firstCredit;

  /** What drafts may lose now, in passes without drafts. */
  get credit(): number {
    return this.#credit;
  }

  /** What drafts gained in so many passes without them, of one of these. */
  settled(gain: number, passes: number): void {
    this.#credit = Math.min(mostCredit, this.#credit + gain + creditInPass * passes);
  }

  tellGuess(ms: number): void {
    // One that was interrupted tells nothing.
    this.guessMs =
      this.guessMs === 0 ? ms : memory * this.guessMs + (1 - memory) * Math.min(ms, 2 * this.guessMs);
  }

  /** Whether to make drafts now, and whether to read one though it seems not worth it: else nothing would be learnt. */
  look(): 'no' | 'yes' | 'try' {
    if (this.#gain > 0 || this.#looks === 0) return 'yes';
    if (++this.#passes % lookEvery > 0) return 'no';
    return this.#passes % (lookEvery * tryEvery) === 0 ? 'try' : 'yes';
  }

  /** What drafts gained in a pass for which they were made. */
  looked(gain: number): void {
    this.#gain += Math.max(1 - memory, 1 / ++this.#looks) * (gain - this.#gain);
  }
}

/** With more sequences in a pass its time goes with its rows, and rows of drafts cost what they save. */
const mostSharing = 8;

/** A pass that was planned. */
interface Pass {
  readonly index: number;
  /** Drafts. */
  readonly size: number;
  readonly cost: number;
  readonly rows: number;
  /** Drafts that were made for it. */
  readonly made: number;
  /** What the gap that is so far ahead costs without drafts. */
  costAlone(ahead: number): number;
}

/** Plans the passes of one sequence. */
export class SequenceWindow {
  readonly #window: DraftWindow;
  readonly #costs: () => WindowCosts;
  /** Ascending; those of the gaps. */
  readonly #positions: readonly number[];
  readonly #tokensPerGap: number;
  readonly #most: number;
  #last: Pass | undefined;
  /** Sums over the passes of the past. */
  #spent = { ms: 0, rows: 0, gaps: 0, passes: 0, settled: 0 };

  /**
   * @param costs of passes now
   * @param positions of the gaps, ascending
   * @param most gaps ahead
   */
  constructor(
    window: DraftWindow,
    costs: () => WindowCosts,
    { positions, length, most }: { positions: readonly number[]; length: number; most: number },
  ) {
    this.#window = window;
    this.#costs = costs;
    this.#positions = positions;
    this.#tokensPerGap = length / positions.length;
    this.#most = most;
  }

  /** The pass that gives the token of the gap with this index. */
  plan(index: number): Plan {
    this.#learn(index);
    const { ar, head, sequences } = this.#costs();
    const { ms, rows: allRows, gaps: allGaps, passes, settled } = this.#spent;
    const usualRows = passes > 0 ? allRows / passes : this.#tokensPerGap;
    const usualGaps = passes > 0 ? allGaps / passes : 1;
    // The others read what this one usually does: of that each pays its part, and whoever reads more pays what more costs.
    const shareOf = (cost: WindowCosts['ar'], usual: number, rows: number) => {
      const all = cost.of(sequences * usual);
      return all / sequences + cost.of((sequences - 1) * usual + rows) - all;
    };
    const costOf = (rows: number, gaps: number) =>
      shareOf(ar, usualRows, rows) + shareOf(head, usualGaps, gaps);
    const msPerGap = settled > 0 ? ms / settled : costOf(this.#tokensPerGap, 1);
    const msPerRow = (costOf(2 * usualRows, 1) - costOf(usualRows, 1)) / usualRows;
    const rowsOf = (ahead: number) => {
      const i = index + ahead;
      return i === 0 ? this.#tokensPerGap : this.#positions[i]! - this.#positions[i - 1]!;
    };
    // What the sequence would spend later on a gap that is settled now.
    const worth = (ahead: number) => msPerGap + msPerRow * (rowsOf(ahead) - this.#tokensPerGap);

    const window = this.#window;
    const most = Math.min(this.#most, this.#positions.length - 1 - index);
    const look = sequences > mostSharing ? 'no' : window.look();
    const costAlone = (ahead: number) => costOf(rowsOf(ahead), 1);
    const first = { size: 0, gain: 0, rows: rowsOf(0), cost: costAlone(0) };
    const atStake = window.credit * first.cost;
    let made = 0;
    let [best, widest, tried] = [first, first, first];
    /** That all drafts so far are right. */
    let chance = 1;
    const withNext = (worthwhile: number) => {
      const size = widest.size + 1;
      const rows = widest.rows + rowsOf(size);
      const cost = costOf(rows, size + 1);
      const gain = widest.gain + worthwhile * worth(size) - (cost - widest.cost) - window.guessMs;
      return { size, gain, rows, cost };
    };
    return {
      // Even a sure draft may not be worth it.
      wantsMore: () =>
        look !== 'no' &&
        widest.size < most &&
        withNext(chance).cost - first.cost + (made + 1) * window.guessMs <= atStake &&
        (withNext(chance).gain > widest.gain || (look === 'try' && widest.size === 0)),
      add: (draft) => {
        made++;
        const own = window.chances.of(draft);
        chance *= own;
        // One that is read in vain is mended, and is more likely right in the next pass.
        const mended = draft.isMended ? 0 : Math.max(0, window.chances.mended - own);
        widest = withNext(chance + (1 - chance) * mended);
        if (widest.size === 1) tried = widest;
        if (widest.gain > best.gain) best = widest;
      },
      decide: () => {
        if (best.gain < leastGain * first.cost) best = first;
        const unread = (widest.size - best.size) * window.guessMs;
        if (look === 'yes') window.looked(best.gain - unread);
        if (look === 'try' && best.size === 0) best = tried;
        this.#last = { index, ...best, made, costAlone };
        return best.size;
      },
    };
  }

  /** All gaps are filled: what the last pass gave counts too. */
  end(): void {
    this.#learn(this.#positions.length);
  }

  /** What the last pass cost, and how many gaps it settled. */
  #learn(index: number): void {
    if (!this.#last) return;
    const { cost, rows, size, made, costAlone } = this.#last;
    const settled = index - this.#last.index;
    // Those behind a wrong one were made again.
    const guessMs = (made + size + 1 - settled) * this.#window.guessMs;
    let alone = 0;
    for (let ahead = 0; ahead < settled; ahead++) alone += costAlone(ahead);
    this.#window.settled((settled * (alone - cost - guessMs)) / alone, settled);
    const spent = this.#spent;
    spent.ms = memory * spent.ms + cost;
    spent.rows = memory * spent.rows + rows;
    spent.gaps = memory * spent.gaps + size + 1;
    spent.passes = memory * spent.passes + 1;
    spent.settled = memory * spent.settled + settled;
  }
}
