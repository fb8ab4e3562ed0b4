// How likely drafts are right, by how sure they are of themselves: learnt from those that were checked.

/** What is known of a draft before it is checked. */
export interface DraftQuality {
  /** How far its score is above that of any other token, in logits over the temperature. */
  readonly lead: number;
  /** Whether it follows from both halves of the logits, read behind a wrong draft; else from the MLM's alone. */
  readonly isMended: boolean;
}

/** Further ahead of all others, drafts are alike. */
export const surestLead = 6;

/** Leads below each of these are alike. Their chances until some were checked are those of the embedded pair at a mask rate of 0.5. */
const kinds = [
  { below: 0.25, alone: 0.07, mended: 0.55 },
  { below: 0.5, alone: 0.1, mended: 0.65 },
  { below: 1, alone: 0.27, mended: 0.72 },
  { below: 2, alone: 0.4, mended: 0.8 },
  { below: 3, alone: 0.55, mended: 0.83 },
  { below: 4, alone: 0.65, mended: 0.88 },
  { below: surestLead, alone: 0.8, mended: 0.9 },
  { below: Number.POSITIVE_INFINITY, alone: 0.95, mended: 0.93 },
] as const;

/** The same of mended ones, whatever their lead. */
const firstMended = 0.73;

/** So many checked drafts the first chances are worth. */
const firstWeight = 4;

/** The same of mended ones: they are checked only where drafts are read, so a few wrong ones at first must not end that for good. */
const firstWeightMended = 16;

/** Drafts of the past count for less: half after 70 of their kind. */
const memory = 0.99;

interface Count {
  right: number;
  checked: number;
}

/** Drafts of one origin. */
class Counts {
  readonly #first: readonly number[];
  readonly #kinds: readonly Count[];
  readonly #firstWeight: number;
  /** Of all kinds, and how many of them were to be right by the first chances. */
  readonly #all: { right: number; expected: number };

  constructor(first: readonly number[], weight: number) {
    this.#first = first;
    this.#firstWeight = weight;
    this.#all = { right: weight, expected: weight };
    this.#kinds = first.map(() => ({ right: 0, checked: 0 }));
  }

  /** Kinds of which little is known are as much better, or worse, than they seemed as the others. */
  of(kind: number): number {
    const { right, checked } = this.#kinds[kind]!;
    const { right: allRight, expected } = this.#all;
    const first = Math.min(mostChance, (this.#first[kind]! * allRight) / expected);
    return (right + this.#firstWeight * first) / (checked + this.#firstWeight);
  }

  tell(kind: number, isRight: boolean): void {
    const [count, all] = [this.#kinds[kind]!, this.#all];
    count.right = memory * count.right + Number(isRight);
    count.checked = memory * count.checked + 1;
    all.right = memory * all.right + Number(isRight);
    all.expected = memory * all.expected + this.#first[kind]!;
  }
}

/** Nothing is surer before it was seen. */
const mostChance = 0.97;

export class DraftChances {
  readonly #alone = new Counts(
    kinds.map(({ alone }) => alone),
    firstWeight,
  );
  readonly #mended = new Counts(
    kinds.map(({ mended }) => mended),
    firstWeightMended,
  );
  readonly #anyMended = new Counts([firstMended], firstWeightMended);

  /** Between 0 and 1. */
  of({ lead, isMended }: DraftQuality): number {
    return (isMended ? this.#mended : this.#alone).of(kindOf(lead));
  }

  /** Of a draft of the MLM once it is mended, whatever its lead. */
  get mended(): number {
    return this.#anyMended.of(0);
  }

  /** Whether a draft was right. */
  tell({ lead, isMended }: DraftQuality, isRight: boolean): void {
    (isMended ? this.#mended : this.#alone).tell(kindOf(lead), isRight);
    if (isMended) this.#anyMended.tell(0, isRight);
  }
}

function kindOf(lead: number): number {
  const kind = kinds.findIndex(({ below }) => lead < below);
  // One without a rival leads by infinity.
  return kind < 0 ? kinds.length - 1 : kind;
}
