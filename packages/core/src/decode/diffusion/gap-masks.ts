// What is asked of gaps that are filled in any order: as far as each token can be told from the others by itself, whatever they are.
import { type CompiledConstraint, compileConstraint } from '../../constrain/compile.js';
import { UsageError } from '../../errors.js';
import { constraintFields } from '../../text/constraint.js';
import type { LogitFilter } from '../choose.js';
import type { DecodeTask } from '../decoder.js';
import type { GapFilters } from '../gap-follower.js';

type Task = Pick<DecodeTask<never>, 'model' | 'prepared' | 'options'>;

/**
 * The filters of a position, by its index among those of the gaps; undefined where nothing is asked of it.
 * @throws UsageError `constraint-unfit` for what hangs on several tokens of a gap
 */
export async function gapMasks({
  model,
  prepared,
  options,
}: Task): Promise<((index: number) => GapFilters | undefined) | undefined> {
  const { constraints, gaps } = prepared;
  if (!constraints) return undefined;
  /** Of each gap: what its first token may be, and the others. */
  const masks = await Promise.all(
    gaps.map(async ({ length }, gap) => {
      const first = constraints[gap]?.constraint;
      if (!first) return undefined;
      if (length === 1) return { first, next: first };
      refuse(first, gap);
      const around = { border: 'kept', lineBreaks: options.lineBreaks } as const;
      return { first, next: await compileConstraint(model.vocabulary, first.asked, around) };
    }),
  );
  return (index) => {
    const { gap, index: place } = prepared.place(index);
    const mask = masks[gap];
    return mask && filtersOf(place === 0 ? mask.first : mask.next);
  };
}

function filtersOf({ automaton, bias }: CompiledConstraint): GapFilters {
  const alone: LogitFilter | undefined =
    automaton && ((logits) => automaton.mask(logits, automaton.start, 0));
  return { restrict: alone, favour: bias && ((logits) => bias.add(logits, [])) };
}

function refuse({ asked }: CompiledConstraint, gap: number): void {
  const followed = constraintFields.filter((name) => {
    if (asked[name] === undefined || name === 'bias') return false;
    if (name === 'ban') return asked.ban!.some((one) => typeof one === 'string');
    return name !== 'case' || asked.case === 'title';
  });
  if (followed.length > 0)
    throw new UsageError(
      'constraint-unfit',
      `Cannot constrain gap ${gap + 1} (${followed.join(', ')}): a denoiser fills its tokens in any order, and what is asked hangs on several of them.`,
      { try: 'Fill it with a system that goes from left to right, or make it a gap of one token.' },
    );
}
