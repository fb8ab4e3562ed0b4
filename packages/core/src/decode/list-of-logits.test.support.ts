// For tests: the shortlists that a device would give of logits that are at hand.
import type { FusedHead, ModelWith } from '../maria/model.js';
import { type Shortlist, type ShortlistRow, shortlistLength } from '../maria/shortlist.js';
import { type Matrix, row } from '../tensor/values.js';

/** @param logits [V], -Infinity where an id may not be chosen */
export function listOfLogits(
  logits: Float32Array,
  { ids: asked, temperature }: Pick<ShortlistRow, 'ids' | 'temperature'>,
): Shortlist {
  const order = [...logits.keys()].filter((id) => logits[id]! > -Infinity);
  order.sort((a, b) => logits[b]! - logits[a]! || a - b);
  const ids = order.slice(0, shortlistLength);
  const max = logits[ids[0]!]!;
  const total = (sharpness: number) =>
    logits.reduce((sum, logit) => sum + Math.exp((logit - max) * sharpness), 0);
  return {
    ids,
    logits: ids.map((id) => logits[id]!),
    hasAll: order.length <= shortlistLength,
    asked: Float32Array.from(asked, (id) => logits[id]!),
    sum: total(1),
    temperedSum: total(1 / temperature),
  };
}

/** A model whose head makes shortlists of its logits. @param whole hears of the whole rows that are asked for all the same */
export function withShortlists<M extends ModelWith<'head'>>(
  model: M,
  whole: (rows: number) => void = () => {},
): M {
  const { arLogits, mlmLogits } = model.head;
  const stack = (rows: readonly (Float32Array | undefined)[]): Matrix => {
    const columns = rows.find((one) => one)?.length ?? model.vocabularySize;
    const data = new Float32Array(rows.length * columns);
    for (const [i, one] of rows.entries()) if (one) data.set(one, i * columns);
    return { rows: rows.length, columns, data };
  };
  const head: FusedHead = {
    arLogits: (hidden) => {
      whole(hidden.rows);
      return arLogits(hidden);
    },
    mlmLogits: (hidden) => {
      whole(hidden.rows);
      return mlmLogits(hidden);
    },
    async shortlists(rows) {
      const ar = await arLogits(stack(rows.map((one) => one.ar)));
      const mlm = await mlmLogits(stack(rows.map((one) => one.mlm)));
      return rows.map((one, i) => {
        const halves = [row(ar, i), row(mlm, i)] as const;
        const fused = halves[0].map(
          (logit, id) => (one.ar ? logit : 0) + Math.fround((one.mlmWeight ?? 1) * halves[1][id]!),
        );
        return listOfLogits(
          fused.map((logit, id) => (one.allowed[id] === 1 ? logit : -Infinity)),
          one,
        );
      });
    },
  };
  return { ...model, head };
}
