// A regular expression as an automaton over characters. It is made deterministic state by state, as far as it is walked.
import type { Assertion, Concatenation } from 'refa';
import { UsageError } from '../errors.js';
import { quote } from '../quote.js';
import { type CharacterAutomaton, type Moves, moveBy } from './characters.js';
import { limits, Numbered, tooLarge } from './limits.js';

interface Node {
  readonly number: number;
  readonly isEnd: boolean;
  readonly out: { readonly ranges: readonly { min: number; max: number }[]; readonly to: number }[];
}

/** The text that comes after what has to match. */
export interface TextAfter {
  readonly text: string;
  /** Whether it ends there; else what comes next is not known. */
  readonly isAll: boolean;
}

/** Whether it may look ahead. */
export function looksAhead(pattern: string): boolean {
  return /\(\?[=!]/.test(pattern);
}

/**
 * The whole text has to match: `^` at the beginning and `$` at the end, those of alternatives too, say nothing more.
 * @param after what it may look ahead at, where it ends; without it nothing may, and with 'anything' all holds
 * @throws UsageError `regex-invalid` where it is none, or looks around elsewhere than ahead at its end; `constraint-too-large`; `constraint-unfit` where it asks what is not known
 */
export async function regexAutomaton(
  pattern: string,
  after?: TextAfter | 'anything',
): Promise<CharacterAutomaton> {
  return automatonOf(await nodesOf(pattern, after));
}

function automatonOf(nodes: readonly Node[]): CharacterAutomaton {
  const sets = new Numbered<readonly number[]>();
  const setOf = (numbers: readonly number[]) => sets.of(numbers.join(), () => numbers);
  const known: Moves[] = [];
  return {
    start: setOf([0]),
    moves: (state) =>
      (known[state] ??= movesOf(
        sets.items[state]!.map((number) => nodes[number]!),
        setOf,
      )),
    accepts: (state) => sets.items[state]!.some((number) => nodes[number]!.isEnd),
  };
}

async function nodesOf(source: string, after: TextAfter | 'anything' | undefined): Promise<readonly Node[]> {
  const refa = await import('refa');
  if (source.length > limits.regexLength)
    throw tooLarge(
      `the regular expression has ${source.length} characters, and ${limits.regexLength} is the most`,
    );
  if (depthOf(source) > limits.depth)
    throw tooLarge(`the regular expression has more than ${limits.depth} brackets within each other`);
  try {
    const { expression } = refa.JS.Parser.fromLiteral({ source, flags: 'u' }).parse({
      maxNodes: limits.regexStates,
      assertions: 'parse',
    });
    const written = ({ source: at }: Assertion) => at && source.slice(at.start, at.end);
    const holds: Holds = (one, { isStart, isEnd }) => {
      if (written(one) === '^' ? isStart : written(one) === '$' && isEnd) return true;
      if (!isEnd || one.kind !== 'ahead' || after === undefined) throw looksAround();
      return after === 'anything' || comes(one.alternatives, after) !== one.negate;
    };
    /** Some of them only where the text ends with them. */
    const comes = (alternatives: readonly Concatenation[], seen: TextAfter) =>
      [false, true].some((isToEnd) => {
        const fitting = withoutAssertions(alternatives, { isStart: false, isEnd: true }, (one, { isEnd }) => {
          if (!isEnd || written(one) !== '$') throw looksAround();
          return isToEnd;
        });
        return sees(seen, automatonOf(nfaNodes(refa, fitting)), isToEnd);
      });
    return nfaNodes(refa, withoutAssertions(expression.alternatives, { isStart: true, isEnd: true }, holds));
  } catch (error) {
    if (error instanceof UsageError) throw error;
    if (error instanceof Error && error.message.includes('not allowed to create'))
      throw tooLarge(`the regular expression has more than ${limits.regexStates} states`);
    throw new UsageError(
      'regex-invalid',
      `Cannot constrain a gap: the regular expression ${quote(source)} does not work (${reason(error)}).`,
      {
        try: 'Write one of JavaScript’s, without looking around or back but for (?=…) and (?!…) at its end: the whole fill has to match it.',
      },
    );
  }
}

type Refa = typeof import('refa');

function nfaNodes({ NFA }: Refa, alternatives: readonly Concatenation[]): readonly Node[] {
  const factory = new NFA.LimitedNodeFactory(limits.regexStates);
  const nfa = NFA.fromRegex([...alternatives], { maxCharacter: 0x10ffff }, {}, factory);
  const all = [nfa.initial, ...[...nfa.nodes()].filter((node) => node !== nfa.initial)];
  const numbers = new Map(all.map((node, number) => [node, number]));
  let edges = 0;
  return all.map((node, number) => ({
    number,
    isEnd: nfa.finals.has(node),
    out: [...node.out].map(([to, { ranges }]) => {
      edges += ranges.length;
      if (edges > limits.edges) throw tooLarge(`the regular expression has more than ${limits.edges} edges`);
      return { ranges, to: numbers.get(to)! };
    }),
  }));
}

/** Whether nothing of the whole comes before, or after. */
interface Edges {
  readonly isStart: boolean;
  readonly isEnd: boolean;
}

type Holds = (assertion: Assertion, edges: Edges) => boolean;

function looksAround(): Error {
  return new Error('It looks around, and not only ahead where it ends');
}

/** What is asserted at the edges is true or false there, whatever the fill: it is left out, or the alternative is. */
function withoutAssertions(
  alternatives: readonly Concatenation[],
  { isStart, isEnd }: Edges,
  holds: Holds,
): Concatenation[] {
  return alternatives.flatMap((one) => {
    const elements: Concatenation['elements'] = [];
    const own = one.elements.map(({ type }) => type !== 'Assertion');
    const [first, last] = [own.indexOf(true), own.lastIndexOf(true)];
    for (const [i, element] of one.elements.entries()) {
      const edges = { isStart: isStart && (first < 0 || i <= first), isEnd: isEnd && i >= last };
      if (element.type === 'Assertion') {
        if (!holds(element, edges)) return [];
      } else if (element.type === 'Alternation' || element.type === 'Quantifier') {
        const isOnce = element.type === 'Alternation' || element.max === 1;
        const inner = isOnce ? edges : { isStart: false, isEnd: false };
        elements.push({ ...element, alternatives: withoutAssertions(element.alternatives, inner, holds) });
      } else elements.push(element);
    }
    return [{ ...one, elements }];
  });
}

/**
 * Whether a text begins with one of an automaton's.
 * @param isToEnd whether it has to be one as a whole
 * @throws UsageError where that is not known
 */
function sees({ text, isAll }: TextAfter, wanted: CharacterAutomaton, isToEnd: boolean): boolean {
  let state: number | undefined = wanted.start;
  for (const one of text) {
    if (!isToEnd && wanted.accepts(state)) return true;
    state = moveBy(wanted.moves(state), one.codePointAt(0)!);
    if (state === undefined) return false;
  }
  if (wanted.accepts(state) && (isAll || !isToEnd)) return true;
  if (isAll) return false;
  throw new UsageError(
    'constraint-unfit',
    'Cannot constrain a gap: its regular expression looks further ahead than to the next gap, which is not filled yet.',
    { try: 'Look at less of the text after the gap, or make it one gap with the next.' },
  );
}

function reason(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.replace(/^Invalid regular expression: .*?: (?=[A-Z][^/]*$)/s, '').replace(/\.$/, '');
}

/** Brackets in classes count too: it is a bound. */
function depthOf(source: string): number {
  let depth = 0;
  let most = 0;
  for (const [one] of source.matchAll(/\\.|[()]/gsu)) {
    if (one === '(') most = Math.max(most, ++depth);
    if (one === ')') depth--;
  }
  return most;
}

/** From several states at once: the ranges of characters that lead to the same ones. */
function movesOf(from: readonly Node[], setOf: (numbers: readonly number[]) => number): Moves {
  const changes: { at: number; to: number; by: 1 | -1 }[] = [];
  for (const { out } of from)
    for (const { ranges, to } of out)
      for (const { min, max } of ranges) changes.push({ at: min, to, by: 1 }, { at: max + 1, to, by: -1 });
  changes.sort((a, b) => a.at - b.at);
  const inside = new Map<number, number>();
  const moves: number[] = [];
  for (let i = 0; i < changes.length; ) {
    const { at } = changes[i]!;
    for (; changes[i]?.at === at; i++) {
      const { to, by } = changes[i]!;
      const count = (inside.get(to) ?? 0) + by;
      if (count === 0) inside.delete(to);
      else inside.set(to, count);
    }
    if (inside.size === 0) continue;
    const state = setOf([...inside.keys()].sort((a, b) => a - b));
    const last = changes[i]!.at - 1;
    if (moves.at(-1) === state && moves.at(-2) === at - 1) moves[moves.length - 2] = last;
    else moves.push(at, last, state);
  }
  return moves;
}
