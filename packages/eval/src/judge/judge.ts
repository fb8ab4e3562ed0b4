// Who judges: something that answers questions, whatever is behind it.

export interface Question {
  /** Tells the judge what it is. */
  readonly system: string;
  readonly user: string;
}

export interface Judge {
  /** What its answers depend on beside the question: they are kept under it. */
  readonly name: string;
  /**
   * Answers as they come, in any order, with the index of their question.
   * @throws MariaError when it cannot answer; what it told before is kept
   */
  ask(questions: readonly Question[], signal?: AbortSignal): AsyncGenerator<Answer, void>;
}

export interface Answer {
  readonly index: number;
  readonly text: string;
}
