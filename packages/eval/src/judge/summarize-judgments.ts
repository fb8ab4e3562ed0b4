// Ratings and rates of a judge run.
import { type PairCounts, priorWins, type Rating, ratings } from '../statistics/bradley-terry.js';
import { groupBy } from '../statistics/groups.js';
import type { Verdict } from './prompt.js';

/** A record of results.jsonl: two systems on one text. */
export interface Judged {
  readonly data: string;
  readonly document: number;
  readonly window: number;
  readonly rate?: number;
  readonly a: string;
  readonly b: string;
  /** With `a` shown first, and with `b` shown first; null where an answer had none. */
  readonly verdicts?: readonly [Verdict | null, Verdict | null];
  /** Both wrote the same: nobody was asked. */
  readonly same?: true;
  readonly outcome: 'a' | 'b' | 'tie' | 'unparseable';
}

export interface JudgeSummary {
  readonly evaluation: 'judge';
  readonly judge: string;
  readonly texts: number;
  /** Comparisons that are judged. Those with an answer that has no verdict count for nothing else. */
  readonly comparisons: number;
  readonly unparseable: number;
  /** Comparisons in which both systems wrote the same, which are ties. */
  readonly same: number;
  /** Questions that were not asked yet. */
  readonly left: number;
  /** Part of the comparisons with two verdicts in which the orders did not agree. */
  readonly inconsistency: number;
  /** Part of the verdicts for one side that were for the one shown first: 0.5 for a judge without a preference. */
  readonly firstShown: number;
  /** Wins that each pair was given each way before its own. */
  readonly prior: number;
  /** The best first. */
  readonly ratings: readonly SystemRating[];
  readonly pairs: readonly NamedPair[];
}

export interface SystemRating extends Rating {
  readonly system: string;
  readonly wins: number;
  readonly ties: number;
  readonly losses: number;
}

export interface NamedPair {
  readonly a: string;
  readonly b: string;
  readonly winsOfA: number;
  readonly winsOfB: number;
  readonly ties: number;
}

export function summarizeJudgments(
  judged: readonly Judged[],
  given: {
    readonly judge: string;
    readonly names: readonly string[];
    readonly texts: number;
    readonly left: number;
    readonly seed: number;
    readonly rounds: number;
  },
): JudgeSummary {
  const { names, judge, texts, left } = given;
  const counted = judged.filter(({ outcome }) => outcome !== 'unparseable');
  const groups = [...groupBy(counted, ({ data, document }) => `${document} ${data}`).values()];
  const found = ratings(
    names.length,
    groups.map((group) => countsOf(group, names)),
    given,
  );
  const pairs = countsOf(counted, names);
  const of = (i: number, how: (pair: PairCounts, isA: boolean) => number) =>
    pairs.reduce((sum, pair) => sum + (pair.a === i || pair.b === i ? how(pair, pair.a === i) : 0), 0);
  const asked = counted.flatMap(({ verdicts }) => (verdicts ? [verdicts] : []));
  const sides = asked.flat().filter((verdict) => verdict !== 'C');
  return {
    evaluation: 'judge',
    judge,
    texts,
    comparisons: judged.length,
    unparseable: judged.length - counted.length,
    same: judged.filter(({ same }) => same).length,
    left,
    inconsistency: part(asked.filter(([first, second]) => !agree(first, second)).length, asked.length),
    firstShown: part(sides.filter((verdict) => verdict === 'A').length, sides.length),
    prior: priorWins,
    ratings: names
      .map((system, i) => ({
        system,
        ...found[i]!,
        wins: of(i, (pair, isA) => (isA ? pair.winsOfA : pair.winsOfB)),
        ties: of(i, ({ ties }) => ties),
        losses: of(i, (pair, isA) => (isA ? pair.winsOfB : pair.winsOfA)),
      }))
      .sort((a, b) => b.value - a.value),
    pairs: pairs.map(({ a, b, ...counts }) => ({ a: names[a]!, b: names[b]!, ...counts })),
  };
}

/** Of the same answer in both orders. */
function agree(first: Verdict | null, second: Verdict | null): boolean {
  const mirrored = { A: 'B', B: 'A', C: 'C' } as const;
  return first !== null && second !== null && mirrored[first] === second;
}

function part(some: number, all: number): number {
  return all === 0 ? 0 : some / all;
}

function countsOf(judged: readonly Judged[], names: readonly string[]): PairCounts[] {
  return [...groupBy(judged, ({ a, b }) => JSON.stringify([a, b])).values()].map((pair) => {
    const [{ a, b }] = pair as [Judged];
    const count = (outcome: Judged['outcome']) => pair.filter((one) => one.outcome === outcome).length;
    return {
      a: names.indexOf(a),
      b: names.indexOf(b),
      winsOfA: count('a'),
      winsOfB: count('b'),
      ties: count('tie'),
    };
  });
}
