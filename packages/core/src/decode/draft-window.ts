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
  /** Most sequences of a pass for which drafts are made. */
  readonly mostSharing: number;
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

/** The same in the mean of passes for which drafts were made: what planning and checking them takes beside is not measured. */
const leastPaying = 0.05;

/**
 * What drafts may lose before any has gained, and in each pass, in passes without drafts: what more rows cost, and how good mended drafts are, is
 * only learnt from drafts that are read, and a text must not become slower for it.
 */
const firstCredit = 0.35;
const creditInPass = 0.015;

/** What is gained is not all at stake when drafts become worse. */
const mostCredit = 4;

/**
 * While drafts gain nothing, this part of the time of passes may go into making one now and then. It is compared with the token that is chosen
 * anyway: nobody has to read drafts to know how good they are. It is little, for what is done between passes makes the next one slower too, which
 * nobody measures.
 */
const lookShare = 0.001;

/** The same in so many passes of a model at first: what a draft costs, and how good it is, is not known yet, nor is the code compiled that makes it. */
const firstLookShare = 0.03;
const firstPasses = 64;

/** Most passes between two looks, however dear they seem: what a draft and a pass cost at first may be far from what they cost later. */
const longestRest = 32;

/** The first passes of a model read no drafts, nor does one of so many later on: what they cost without has to be known. */
const firstPlain = 4;
const plainEvery = 64;

/** What all sequences of a model share: what one learns helps the next. */
export class DraftWindow {
  readonly chances = new DraftChances();
  /** What a draft costs beside the passes. */
  guessMs = 0;
  /** What reading drafts gains in a pass for which some were made, in the mean, and how many were made for it. */
  #gain = 0;
  #made = 0;
  #looks = 0;
  #guesses = 0;
  /** Passes until the next look at drafts that gain nothing. */
  #rest = 0;
  #credit = firstCredit;
  #passes = 0;
  #widest = 0;

  /** What drafts may lose now, in passes without drafts. */
  get credit(): number {
    return this.#credit;
  }

  /** What drafts gained in so many passes without them, of one of these. */
  settled(gain: number, passes: number): void {
    this.#credit = Math.min(mostCredit, this.#credit + gain + creditInPass * passes);
  }

  /** How many more drafts than any pass read before one may read: what so many cost is only supposed. */
  get mostNow(): number {
    return 2 * this.#widest + 1;
  }

  /** How many drafts a pass reads. */
  read(drafts: number): void {
    this.#widest = Math.max(this.#widest, drafts);
  }

  /** Whether the next pass may read drafts. */
  mayRead(): boolean {
    return this.#passes++ >= firstPlain && this.#passes % plainEvery > 0;
  }

  tellGuess(ms: number): void {
    if (this.guessMs === 0) this.guessMs = ms;
    // One that was interrupted tells nothing, and the first ones run in code that is not yet compiled well.
    else if (this.#guesses++ < firstPlain) this.guessMs = Math.min(this.guessMs, ms);
    else if (ms < this.guessMs) this.guessMs += 0.5 * (ms - this.guessMs);
    else this.guessMs += (1 - memory) * (Math.min(ms, 2 * this.guessMs) - this.guessMs);
  }

  /** Whether the next pass is one of those for which nothing is planned. */
  rests(): boolean {
    if (this.#rest <= 0) return false;
    this.#rest--;
    this.settled(0, 1);
    return true;
  }

  /**
   * Which drafts to make for a pass that takes so long without: those that may pay, or a single one whatever is known of it. What a draft costs
   * is only learnt from drafts that are made, and the first, in code that is not compiled yet, may cost more than any pass saves.
   */
  look(passMs: number): 'one' | 'paying' {
    return this.#looks >= firstPlain && this.#pays(passMs) ? 'paying' : 'one';
  }

  /** What reading drafts may gain in a pass for which so many were made, in milliseconds. What making them cost is not counted. */
  looked(gain: number, made: number, passMs: number): void {
    const rate = Math.max(1 - memory, 1 / ++this.#looks);
    this.#gain += rate * (gain - this.#gain);
    this.#made += rate * (made - this.#made);
    // Where one draft gains, it is seen at once whether the next does.
    if (gain > 0 || this.#looks < firstPlain || this.#pays(passMs)) return;
    const share = this.#passes < firstPasses ? firstLookShare : lookShare;
    this.#rest = Math.min(longestRest, Math.ceil(this.guessMs / (share * passMs)) - 1);
  }

  /** What they cost counts as it is known now: at first it seemed more. */
  #pays(passMs: number): boolean {
    return this.#gain - this.#made * this.guessMs > leastPaying * passMs;
  }
}

/** A pass that was planned. */
interface Pass {
  readonly index: number;
  /** Drafts. */
  readonly size: number;
  readonly rows: number;
  /** Drafts that were made for it because they may pay. */
  readonly made: number;
}

/** Plans the passes of one sequence. */
export class SequenceWindow {
  readonly #window: DraftWindow;
  readonly #measured: () => WindowCosts;
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
    this.#measured = costs;
    this.#positions = positions;
    this.#tokensPerGap = length / positions.length;
    this.#most = most;
  }

  /** What this sequence adds to a pass, by what passes cost now. */
  #costs(): (rows: number, gaps: number) => number {
    const { ar, head, sequences } = this.#measured();
    const { rows: allRows, gaps: allGaps, passes } = this.#spent;
    const usualRows = passes > 0 ? allRows / passes : this.#tokensPerGap;
    const usualGaps = passes > 0 ? allGaps / passes : 1;
    // The others read what this one usually does: of that each pays its part, and whoever reads more pays what more costs.
    const shareOf = (cost: WindowCosts['ar'], usual: number, rows: number) => {
      const all = cost.of(sequences * usual);
      return all / sequences + cost.of((sequences - 1) * usual + rows) - all;
    };
    return (rows, gaps) => shareOf(ar, usualRows, rows) + shareOf(head, usualGaps, gaps);
  }

  /** The pass that gives the token of the gap with this index. */
  plan(index: number): Plan {
    this.#learn(index);
    const { sequences, mostSharing } = this.#measured();
    const window = this.#window;
    // Many share the pass, or drafts gain nothing: none is read, and nothing is computed for it.
    if (sequences > mostSharing || window.rests()) return this.#without();
    const costOf = this.#costs();
    const rowsOf = (ahead: number) => this.#rowsOf(index + ahead);
    const first = { size: 0, gain: 0, rows: rowsOf(0), cost: costOf(rowsOf(0), 1) };
    const look = window.look(first.cost);
    const { ms, rows: allRows, passes, settled } = this.#spent;
    const usualRows = passes > 0 ? allRows / passes : this.#tokensPerGap;
    // Drafts that lose would make a gap look dear, and themselves worth reading.
    const plainMs = costOf(this.#tokensPerGap, 1);
    const msPerGap = settled > 0 ? Math.min(ms / settled, plainMs) : plainMs;
    const msPerRow = (costOf(2 * usualRows, 1) - costOf(usualRows, 1)) / usualRows;
    // What the sequence would spend later on a gap that is settled now.
    const worth = (ahead: number) => msPerGap + msPerRow * (rowsOf(ahead) - this.#tokensPerGap);

    const most = Math.min(this.#most, window.mostNow, this.#positions.length - 1 - index);
    const atStake = window.credit * first.cost;
    let made = 0;
    let [best, widest] = [first, first];
    /** That all drafts so far are right. */
    let chance = 1;
    const withNext = (worthwhile: number) => {
      const size = widest.size + 1;
      const rows = widest.rows + rowsOf(size);
      const cost = costOf(rows, size + 1);
      // Behind a wrong draft the next one is made again.
      const again = (1 - worthwhile) * window.guessMs;
      const gain = widest.gain + worthwhile * worth(size) - (cost - widest.cost) - again;
      return { size, gain, rows, cost };
    };
    return {
      // Even a sure draft may not be worth it.
      wantsMore: () =>
        widest.size < most &&
        ((look === 'one' && made === 0) ||
          (withNext(chance).cost - first.cost + (made + 1) * window.guessMs <= atStake &&
            withNext(chance).gain - window.guessMs > widest.gain)),
      add: (draft) => {
        made++;
        const own = window.chances.of(draft);
        chance *= own;
        // One that is read in vain is mended, and is more likely right in the next pass.
        const mended = draft.isMended ? 0 : Math.max(0, window.chances.mended - own);
        widest = withNext(chance + (1 - chance) * mended);
        if (widest.gain > best.gain) best = widest;
      },
      decide: () => {
        const pays = best.gain - best.size * window.guessMs >= leastGain * first.cost;
        if (!pays || best.cost - first.cost > atStake) best = first;
        if (made > 0) window.looked(best.gain, made, first.cost);
        if (!window.mayRead()) best = first;
        window.read(best.size);
        // What looks cost is bounded apart.
        this.#last = { index, size: best.size, rows: best.rows, made: look === 'paying' ? made : 0 };
        return best.size;
      },
    };
  }

  /** That of a pass which reads no drafts, and from which nothing is learnt. */
  #without(): Plan {
    this.#last = undefined;
    return {
      wantsMore: () => false,
      add: () => {},
      decide: () => {
        // Which passes read none goes by their number.
        this.#window.mayRead();
        return 0;
      },
    };
  }

  /** All gaps are filled: what the last pass gave counts too. */
  end(): void {
    this.#learn(this.#positions.length);
  }

  /** What the last pass cost, as it is known after it, and how many gaps it settled. */
  #learn(index: number): void {
    if (!this.#last) return;
    const { rows, size, made } = this.#last;
    const costOf = this.#costs();
    const cost = costOf(rows, size + 1);
    const settled = index - this.#last.index;
    // Those behind a wrong one were made again.
    const guessMs = (made + size + 1 - settled) * this.#window.guessMs;
    let alone = 0;
    for (let i = this.#last.index; i < index; i++) alone += costOf(this.#rowsOf(i), 1);
    this.#window.settled((settled * (alone - cost - guessMs)) / alone, settled);
    const spent = this.#spent;
    spent.ms = memory * spent.ms + cost;
    spent.rows = memory * spent.rows + rows;
    spent.gaps = memory * spent.gaps + size + 1;
    spent.passes = memory * spent.passes + 1;
    spent.settled = memory * spent.settled + settled;
  }

  /** Tokens from the gap before one to itself. */
  #rowsOf(index: number): number {
    return index === 0 ? this.#tokensPerGap : this.#positions[index]! - this.#positions[index - 1]!;
  }
}
