// What is asked of the gaps of a prepared text, compiled and checked before anything is read.
import { checkOption } from '../check-option.js';
import type { Border } from '../constrain/border.js';
import { type CompiledConstraint, compileConstraint, satisfiableLengths } from '../constrain/compile.js';
import { looksAhead, type TextAfter } from '../constrain/regex.js';
import { UsageError } from '../errors.js';
import type { Model } from '../maria/model.js';
import { constraintFields, type GapConstraint } from '../text/constraint.js';
import type { GapSpan } from '../text/encode-gaps.js';
import { constraintOf, type GapFields, readGapFields } from '../text/gap-fields.js';
import type { Vocabulary } from '../text/vocabulary.js';
import type { PreparedInput } from './prepare.js';

/** Lengths that are tried where the one that was asked for does not work. */
const mostTried = 64;

/** What is asked: of all gaps, and of each by its index, which goes before. */
export interface Asked {
  readonly constraint?: GapConstraint | undefined;
  readonly gaps?: readonly GapFields[] | undefined;
  readonly lineBreaks: boolean;
}

/** @throws UsageError for constraints that are none or too large, and `constraint-unsatisfiable` where no fill of a gap's length fits */
export async function constrainGaps(
  { vocabulary }: Pick<Model, 'vocabulary'>,
  prepared: PreparedInput,
  { constraint: all, gaps: fields = [], lineBreaks }: Asked,
): Promise<PreparedInput> {
  if (all === undefined && fields.length === 0) return prepared;
  checkOption('infill', 'constraint', all, typeof (all ?? {}) === 'object', 'an object');
  const { gaps } = prepared;
  const each = readGapFields(fields);
  if (each.length > gaps.length)
    throw new UsageError(
      'constraint-invalid',
      `Cannot constrain gap ${each.length}: the text has ${gaps.length} ${gaps.length === 1 ? 'gap' : 'gaps'}.`,
    );
  const compiled: (CompiledConstraint | undefined)[] = [];
  const kept: (readonly number[])[] = [];
  for (const [i, gap] of gaps.entries()) {
    const asked = constraintOf(all, withThoseOfName(i, gaps, each));
    if (asked === undefined) continue;
    const begun = keptAtStart(prepared, gap, i);
    // Nothing is chosen in it.
    if (begun.length === gap.length) continue;
    kept[i] = begun;
    const around = { border: borderOf(gap, prepared), lineBreaks, after: afterOf(i, prepared, vocabulary) };
    compiled[i] = await compileConstraint(vocabulary, asked, around, `gap ${i + 1}`);
  }
  if (compiled.length === 0) return prepared;
  const constraints = compiled.map((constraint) => constraint && { constraint, before: [], after: 0 });
  const lengths = gaps.map(({ length }, i) => {
    const candidates = prepared.open?.candidates[i] ?? [length];
    const fitting = candidates.filter((tokens) =>
      canHave({ ...vocabulary, automaton: compiled[i]?.automaton }, tokens, kept[i]),
    );
    if (fitting.length === 0)
      throw kept[i]!.length > 0
        ? unfinishable(compiled[i]!, vocabulary.decode(kept[i]!), length - kept[i]!.length, i)
        : unsatisfiable(compiled[i]!, candidates, i);
    return fitting;
  });
  if (!prepared.open) return { ...prepared, constraints };
  const { withLengths } = prepared.open;
  const constrained = (some: readonly number[]) => ({ ...withLengths(some), constraints });
  const fewest = constrained(lengths.map((some) => some[0]!));
  if (lengths.every((some) => some.length === 1)) return fewest;
  return { ...fewest, open: { candidates: lengths, withLengths: constrained } };
}

/** What holds of the text of one gap holds of all of its name: so the first place already leaves out what a later one could not be. */
function withThoseOfName(
  index: number,
  gaps: readonly GapSpan[],
  each: readonly GapFields[],
): GapFields | undefined {
  const { name } = gaps[index]!;
  if (name === undefined) return each[index];
  const ofText = ({ choices, regex, words, characters, schema, case: letters }: GapFields): GapFields => ({
    ...(choices && { choices }),
    ...(regex !== undefined && !looksAhead(regex) && { regex }),
    ...(words !== undefined && { words }),
    ...(characters !== undefined && { characters }),
    ...(schema !== undefined && { schema }),
    ...(letters && { case: letters }),
  });
  const others = each.filter((_, i) => gaps[i]?.name === name).map(ofText);
  return Object.assign({}, ...others, each[index]);
}

/** @param kept tokens that it begins with */
function canHave(
  { automaton, bytesOf }: Pick<CompiledConstraint, 'automaton'> & Pick<Vocabulary, 'bytesOf'>,
  tokens: number,
  kept: readonly number[] = [],
): boolean {
  if (automaton === undefined) return true;
  const state = automaton.afterAll(kept, bytesOf);
  return state !== undefined && automaton.canEnd(state, tokens - kept.length);
}

function borderOf({ lead, dropsSpace }: GapSpan, { isText }: PreparedInput): Border {
  if (!isText) return 'dropped';
  if (!dropsSpace) return 'kept';
  if (lead === ' ') return 'carried';
  return lead === '' ? 'spare' : 'dropped';
}

/** As far as it is known: up to the next gap. */
function afterOf(
  index: number,
  { ids, gaps }: PreparedInput,
  { decode }: Pick<Vocabulary, 'decode'>,
): TextAfter {
  const { position, length, textAfter } = gaps[index]!;
  const next = gaps[index + 1];
  const between = ids.subarray(position + length, next?.position);
  return { text: textAfter ?? decode(between, { continues: true }), isAll: next === undefined };
}

/** The tokens of a gap that are kept. @throws UsageError where one before them is not */
function keptAtStart({ kept }: PreparedInput, { position, length }: GapSpan, index: number): number[] {
  const ids = Array.from({ length }, (_, i) => kept.get(position + i));
  const open = ids.indexOf(undefined);
  const begun = open < 0 ? ids : ids.slice(0, open);
  const at = ids.findIndex((id, i) => id !== undefined && i >= begun.length);
  if (at >= 0)
    throw new UsageError(
      'kept-invalid',
      `Cannot constrain gap ${index + 1}: its token at position ${position + at} is kept, and one before it is not.`,
    );
  return begun as number[];
}

function namesOf({ asked }: CompiledConstraint): string {
  return constraintFields.filter((name) => asked[name] !== undefined && name !== 'bias').join(', ');
}

function unfinishable(
  constraint: CompiledConstraint,
  begun: string,
  left: number,
  index: number,
): UsageError {
  return new UsageError(
    'constraint-unsatisfiable',
    `Cannot fill gap ${index + 1}: it begins with ${JSON.stringify(begun)}, which is kept, and with ${left} ${left === 1 ? 'token' : 'tokens'} after that it is never as asked (${namesOf(constraint)}).`,
  );
}

function unsatisfiable(
  constraint: CompiledConstraint,
  lengths: readonly number[],
  index: number,
): UsageError {
  const names = namesOf(constraint);
  const tried = Math.max(mostTried, ...lengths);
  const others = satisfiableLengths(constraint, tried);
  const length = lengths.at(-1)!;
  const fact =
    others.length === 0
      ? `no fill of up to ${tried} tokens is as asked (${names})`
      : `no fill of ${inRanges(lengths)} ${length === 1 ? 'token' : 'tokens'} is as asked (${names}); fills of ${inRanges(others)} are`;
  return new UsageError('constraint-unsatisfiable', `Cannot fill gap ${index + 1}: ${fact}.`, {
    ...(others.length > 0 && {
      try: `Write [MASK*${others.reduce((a, b) => (Math.abs(b - length) < Math.abs(a - length) ? b : a))}].`,
    }),
    facts: { gap: index + 1, lengths: others.map(String) },
  });
}

/** "2, 5 to 7 or 9". */
function inRanges(numbers: readonly number[]): string {
  const ranges: [from: number, to: number][] = [];
  for (const number of numbers) {
    const last = ranges.at(-1);
    if (last?.[1] === number - 1) last[1] = number;
    else ranges.push([number, number]);
  }
  const words = ranges.map(([from, to]) => (from === to ? `${from}` : `${from} to ${to}`));
  return [words.slice(0, -1).join(', '), words.at(-1)].filter(Boolean).join(' or ');
}
