// What is asked of each gap beside its marker, by the gap's place in the text: `"gaps": [{"min": 2, "max": 6}, {}]` of a record.
import { z } from 'zod';
import { UsageError } from '../errors.js';
import { misfit } from '../misfit.js';
import { constraintShape, type GapConstraint } from './constraint.js';
import { defaultMaxLength, type Gap, lengthsFrom, maxGapTokens } from './gaps.js';

const length = z.int().min(1).max(maxGapTokens);

/** A field that is added is named here, and nowhere else read: what is no field is refused. */
export const gapFields = z.strictObject({
  /** Fewest tokens, in place of the marker's. */
  min: length.optional(),
  /** Most tokens, in place of the marker's. */
  max: length.optional(),
  ...constraintShape,
});

/** Of one gap. All are optional: of what is left out the marker tells. */
export type GapFields = GapConstraint & Pick<z.output<typeof gapFields>, 'min' | 'max'>;

/**
 * The fields of each gap, in order. There may be fewer than gaps: nothing is asked of the others.
 * @throws UsageError `bad-gap` with the gap's number, for what is no list of fields
 */
export function readGapFields(value: unknown): readonly GapFields[] {
  if (!Array.isArray(value))
    throw new UsageError('bad-gap', 'Cannot read "gaps": it is not a list of objects, one for each gap.', {
      try: 'Write "gaps": [{"min": 2, "max": 6}] for a first gap of 2 to 6 tokens.',
    });
  return value.map((one: unknown, i) => {
    const read = gapFields.safeParse(one);
    if (!read.success)
      throw new UsageError(
        'bad-gap',
        `Cannot read what gap ${i + 1} must be: ${misfit(gapFields, one, read.error)}.`,
      );
    return read.data;
  });
}

/** The gaps with the lengths that their fields ask for. @throws UsageError `bad-gap` for more fields than gaps, or lengths that are none */
export function withFields(gaps: readonly Gap[], fields: readonly GapFields[]): readonly Gap[] {
  if (fields.length > gaps.length)
    throw new UsageError(
      'bad-gap',
      `Cannot read "gaps": it tells of ${fields.length} gaps, and there are ${gaps.length}.`,
    );
  const firsts = new Map<string, Gap>();
  return gaps.map((gap, i) => {
    const { tokens: _, most: __, ...rest } = gap;
    const first = gap.name === undefined ? undefined : firsts.get(gap.name);
    const { tokens, most = tokens } = first ?? gap;
    const { min = tokens, max = most } = fields[i] ?? {};
    if (min > max)
      throw new UsageError(
        'bad-gap',
        `Cannot read what gap ${i + 1} must be: it has at least ${min} tokens, and at most ${max}.`,
        fields[i]?.max === undefined ? { try: 'Write the most tokens too, as in {"min": 2, "max": 6}.' } : {},
      );
    if (first && (min !== tokens || max !== most))
      throw new UsageError(
        'bad-gap',
        `Cannot read what gap ${i + 1} must be: the first gap of its name, ${first.marker}, has another length.`,
        { try: 'Write the length at the first of them only.' },
      );
    const given = { ...rest, ...lengthsFrom(min, max) };
    if (gap.name !== undefined && !first) firsts.set(gap.name, given);
    return given;
  });
}

/** What is asked of one gap; undefined where it is nothing. */
export function constraintOf(all: GapConstraint | undefined, own: GapFields = {}): GapConstraint | undefined {
  const { min: _, max: __, ...fields } = own;
  const asked: GapConstraint = { ...all, ...fields };
  return Object.values(asked).some((value) => value !== undefined) ? asked : undefined;
}

/** Constraints that tell what a fill is, not only what it is not. */
const descriptions = ['choices', 'regex', 'words', 'characters', 'schema'] as const;

/** A gap that tells no length, of which it is told what fills it, may have any up to a most. */
export function withLengthsToFind(
  gaps: readonly Gap[],
  fields: readonly GapFields[],
  all: GapConstraint | undefined,
  maxLength = defaultMaxLength,
): readonly Gap[] {
  const tellsLength = ({ marker }: Gap, i: number) =>
    /\*[^*]*\]$/.test(marker) || fields[i]?.min !== undefined || fields[i]?.max !== undefined;
  // Written at the first gap of a name it is that of the others too.
  const named = new Set(gaps.filter(tellsLength).map(({ name }) => name));
  return gaps.map((gap, i) => {
    const asked = constraintOf(all, fields[i]);
    const hasLength = tellsLength(gap, i) || (gap.name !== undefined && named.has(gap.name));
    const isDescribed = descriptions.some((name) => asked?.[name] !== undefined);
    return hasLength || !isDescribed ? gap : { ...gap, ...lengthsFrom(1, maxLength) };
  });
}
