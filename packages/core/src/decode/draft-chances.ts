// How likely drafts are right, by how sure they are of themselves: learnt from those that were checked.

/** What is known of a draft before it is checked. */
export interface DraftQuality {
  /** How far its score is above that of any other token, in logits over the temperature. */
  readonly lead: number;
  /** Whether it follows from both halves of the logits, read behind a wrong draft; else from the MLM's alone. */
  readonly isMended: boolean;
}

/** Leads below each of these are alike. Their chances until some were checked are those of the embedded pair at a mask rate of 0.5. */
const kinds = [
  { below: 0.25, alone: 0.07, mended: 0.55 },
  { below: 0.5, alone: 0.1, mended: 0.65 },
  { below: 1, alone: 0.27, mended: 0.72 },
  { below: 2, alone: 0.4, mended: 0.8 },
  { below: 3, alone: 0.55, mended: 0.83 },
  { below: 4, alone: 0.65, mended: 0.88 },
  { below: 6, alone: 0.8, mended: 0.9 },
  { below: Number.POSITIVE_INFINITY, alone: 0.95, mended: 0.93 },
] as const;

/** The same of mended ones, whatever their lead. */
const firstMended = 0.73;

/** So many checked drafts the first chances are worth. */
const firstWeight = 8;

/** Drafts of the past count for less: half after 70 of their kind. */
const memory = 0.99;

export class DraftChances {
  readonly #counts = {
    alone: kinds.map(({ alone }) => firstCount(alone)),
    mended: kinds.map(({ mended }) => firstCount(mended)),
  };
  readonly #mended = firstCount(firstMended);

  /** Between 0 and 1. */
  of(draft: DraftQuality): number {
    const { right, checked } = this.#countOf(draft);
    return right / checked;
  }

  /** Of a draft of the MLM once it is mended, whatever its lead. */
  get mended(): number {
    const { right, checked } = this.#mended;
    return right / checked;
  }

  /** Whether a draft was right. */
  tell(draft: DraftQuality, isRight: boolean): void {
    for (const count of [this.#countOf(draft), ...(draft.isMended ? [this.#mended] : [])]) {
      count.right = memory * count.right + (isRight ? 1 : 0);
      count.checked = memory * count.checked + 1;
    }
  }

  #countOf({ lead, isMended }: DraftQuality) {
    // One without a rival leads by infinity: it is of the last kind.
    return this.#counts[isMended ? 'mended' : 'alone'].at(kinds.findIndex(({ below }) => lead < below))!;
  }
}

function firstCount(chance: number) {
  return { right: firstWeight * chance, checked: firstWeight };
}
