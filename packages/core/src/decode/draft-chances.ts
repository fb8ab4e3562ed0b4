// How likely drafts are right, by how sure they are of themselves: learnt from those that were checked.

/** What is known of a draft before it is checked. */
export interface DraftQuality {
  /** How far its score is above that of any other token, in logits over the temperature. */
  readonly lead: number;
  /** Whether it follows from both halves of the logits, read behind a wrong draft; else from the MLM's alone. */
  readonly isMended: boolean;
}

/** Leads below each of these are alike, with this chance of being right until some were checked. */
const kinds = [
  { below: 0.25, chance: 0.3 },
  { below: 0.5, chance: 0.4 },
  { below: 1, chance: 0.5 },
  { below: 2, chance: 0.65 },
  { below: 3, chance: 0.75 },
  { below: 4, chance: 0.85 },
  { below: 6, chance: 0.9 },
  { below: Number.POSITIVE_INFINITY, chance: 0.97 },
] as const;

/** So many checked drafts the first chances are worth. */
const firstWeight = 4;

/** Drafts of the past count for less: half after 70 of their kind. */
const memory = 0.99;

export class DraftChances {
  readonly #counts = [false, true].map(() =>
    kinds.map(({ below, chance }) => ({
      below,
      right: firstWeight * chance,
      checked: firstWeight as number,
    })),
  );

  readonly #mended = { right: firstWeight / 2, checked: firstWeight };

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
    return this.#counts[isMended ? 1 : 0]!.find(({ below }) => lead < below)!;
  }
}
