// A token as it is drawn: its text and what is known of it.

export type CellKind =
  /** The caller's own text. */
  | 'given'
  /** Waits for a token. */
  | 'masked'
  /** Waits for a token, and has a draft of it, which may prove wrong. */
  | 'drafted'
  /** The next one to get a token. */
  | 'next'
  /** Has its token. */
  | 'filled';

export interface Cell {
  readonly position: number;
  readonly kind: CellKind;
  /** Empty for a masked token, and where the character stands at a token before. */
  readonly text: string;
  /** Probability of the token when it was chosen. */
  readonly confidence?: number | undefined;
  readonly isSelected?: boolean;
  /** Was masked and filled again in the sweep that is shown. */
  readonly isFresh?: boolean;
  readonly isPinned?: boolean;
  /** Within the span that is being chosen. */
  readonly isMarked?: boolean;
}
