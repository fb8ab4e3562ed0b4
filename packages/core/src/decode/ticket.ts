// The place of a text among those that are read at once: the one that began first comes first, until it has had its share.

/** Sequences of a text before its others come behind texts that began later: nobody waits for all of one that takes thousands. */
const share = 64;

export class Ticket {
  readonly #text: number;
  #sequences = 0;

  /** @param text its number, in the order in which texts began */
  constructor(text: number) {
    this.#text = text;
  }

  /** The place of its next sequence: lower ones come first. */
  next(): number {
    return this.#text + Math.floor(this.#sequences++ / share);
  }
}
