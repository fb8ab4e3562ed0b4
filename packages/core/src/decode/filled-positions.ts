// What one sample has been filled with so far, and what comes of it in the end.
import type { Token } from '../text/token.js';
import type { Alternative, FilledGap, Infilled } from './events.js';
import type { PreparedInput } from './prepare.js';

/** Collects one sample's tokens in the order of the positions. */
export class FilledPositions {
  private readonly tokens: Token[] = [];
  private readonly logProbabilities: number[] = [];
  private readonly alternatives: (readonly Alternative[])[] = [];
  private readonly legalMass: (number | undefined)[] = [];

  constructor(
    private readonly prepared: PreparedInput,
    private readonly keepAlternatives: boolean,
  ) {}

  add(
    token: Token,
    logProbability: number,
    alternatives: readonly Alternative[],
    legalMass?: number | undefined,
  ): void {
    this.tokens.push(token);
    this.logProbabilities.push(logProbability);
    this.alternatives.push(alternatives);
    this.legalMass.push(legalMass);
  }

  /** A token that was there already: nothing was chosen. */
  keep(token: Token): void {
    this.add(token, 0, []);
  }

  finish(sample: number): Infilled {
    const { prepared } = this;
    const filled = this.tokens.map(({ id }) => id);
    let from = 0;
    const spans = prepared.gaps.map(({ position, length }) => {
      const start = from;
      from += length;
      return { position, start, end: from };
    });
    const { text, fills } = prepared.complete(spans.map(({ start, end }) => filled.slice(start, end)));
    const gaps = spans.map(
      ({ position, start, end }, i): FilledGap => ({
        position,
        ids: filled.slice(start, end),
        tokens: this.tokens.slice(start, end),
        text: fills[i]!,
        probabilities: this.logProbabilities.slice(start, end).map(Math.exp),
        ...legalMassOf(this.legalMass.slice(start, end)),
        ...(this.keepAlternatives && { alternatives: this.alternatives.slice(start, end) }),
      }),
    );
    const ids = [...prepared.ids];
    prepared.positions.forEach((position, i) => {
      ids[position] = filled[i]!;
    });
    const logLikelihood = this.logProbabilities.reduce((total, p) => total + p, 0);
    return { sample, text, ids, gaps, logLikelihood };
  }
}

/** Of a gap, where something is asked of its tokens. */
export function legalMassOf(masses: readonly (number | undefined)[]): Pick<FilledGap, 'legalMass'> {
  return masses.length > 0 && masses.every((mass) => mass !== undefined) ? { legalMass: masses } : {};
}
