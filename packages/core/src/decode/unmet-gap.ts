// Whether fills that somebody has put into gaps are what is asked of them.
import type { Model } from '../maria/model.js';
import type { GapFields } from '../text/gap-fields.js';
import { constrainGaps } from './constrain-gaps.js';
import { prepareInput } from './prepare.js';

/**
 * The index of the first gap whose tokens are not what is asked of it.
 * @param text with as many tokens in each gap as there are
 * @param ids the sequence of the text, filled
 * @throws UsageError as `infill` does
 */
export async function unmetGap(
  model: Pick<Model, 'vocabulary' | 'alignment'>,
  text: string,
  ids: ArrayLike<number>,
  gaps: readonly GapFields[],
): Promise<number | undefined> {
  const prepared = await prepareInput(model, text, { findsLengths: false });
  const asked = await constrainGaps(model, prepared, { gaps, lineBreaks: true });
  const unmet = prepared.gaps.findIndex(({ position, length }, i) => {
    const { automaton, asked: wanted } = asked.constraints?.[i]?.constraint ?? {};
    if (!automaton) return false;
    const fill = Array.from({ length }, (_, place) => ids[position + place]!);
    const end = automaton.afterAll(fill, model.vocabulary.bytesOf);
    return (
      end === undefined ||
      !automaton.canEnd(end, 0) ||
      Boolean(wanted?.ban?.some((one) => fill.includes(one as number)))
    );
  });
  return unmet < 0 ? undefined : unmet;
}
