// A shortlist of a row of fused logits: the most probable ids, the logits of some that are asked for, and what normalises all. The V
// logits stay where they are computed, on a device: few numbers come back.

import { add, exp, multiply, subtract, where } from '../ops/elementwise.js';
import { embedding } from '../ops/embedding.js';
import { exact } from '../ops/exact.js';
import { largest } from '../ops/largest.js';
import { pick } from '../ops/pick.js';
import { slice } from '../ops/shape-ops.js';
import { sum } from '../ops/sum.js';
import type { Inputs, Outputs } from '../tensor/backend.js';
import { input } from '../tensor/leaves.js';
import { type Program, trace } from '../tensor/program.js';
import type { Dim } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { bool, float32, int32 } from '../tensor/values.js';

/** What is asked of the logits of one position, a W_ar h_ar + m (W_mlm h_mlm + b). */
export interface ShortlistRow {
  /** h_ar(i-1) [dAR]; without it a is 0, and the MLM's half stands for the whole. */
  readonly ar: Float32Array | undefined;
  /** h_mlm(i) [dMLM] */
  readonly mlm: Float32Array;
  /** m. @default 1 */
  readonly mlmWeight?: number;
  /** Which of the V ids may be chosen: 1, and 0 for the others. Rows that share an array have it in memory once. */
  readonly allowed: Uint8Array;
  /** Whose logits are asked for, however small. */
  readonly ids: Int32Array;
  /** Above 0. */
  readonly temperature: number;
}

export interface Shortlist {
  /** The most probable ids that may be chosen, at most `shortlistLength` of them: the largest logit first, the lower id first among equals. */
  readonly ids: readonly number[];
  readonly logits: readonly number[];
  /** Whether these are all that may be chosen. */
  readonly hasAll: boolean;
  /** Logits of the ids that were asked for. Of one that may not be chosen it means nothing. */
  readonly asked: Float32Array;
  /** Sum of exp(logit - max) over all that may be chosen. */
  readonly sum: number;
  /** Sum of exp((logit - max) / temperature). */
  readonly temperedSum: number;
}

/** Ids of a shortlist. */
export const shortlistLength = 32;

/** Logit of an id that may not be chosen. Its probability is 0; infinities are nothing that every device computes with. */
const withheld = -1e30;

/** @param halves logits [rows, V] of the hidden states of a half, of those inputs */
export function shortlistProgram(
  V: number,
  sizes: { readonly ar: number; readonly mlm: number },
  halves: (hidden: { readonly ar: Tensor; readonly mlm: Tensor }) => {
    readonly ar: Tensor;
    readonly mlm: Tensor;
  },
): Program {
  const { ar, mlm } = halves({ ar: input('ar', ['rows', sizes.ar]), mlm: input('mlm', ['rows', sizes.mlm]) });
  const weighed = (half: Tensor, name: string) => multiply(half, input(name, ['rows', 1]));
  return trace(shortlisted(V, add(weighed(ar, 'arWeight'), weighed(mlm, 'mlmWeight'))));
}

/** Of fused logits [rows, V]; what else is asked are inputs. @param askedOfRow ids of each row whose logits are asked for */
export function shortlisted(
  V: number,
  fused: Tensor,
  askedOfRow: Dim = 'askedOfRow',
): Readonly<Record<string, Tensor>> {
  const allowed = embedding(input('mask', ['rows'], 'int32'), input('masks', ['masks', V], 'bool'));
  const logits = where(allowed, exact(fused), withheld);
  const ids = largest(logits, Math.min(shortlistLength, V));
  const top = pick(logits, ids);
  const below = subtract(logits, slice(top, { axis: 1, start: 0, end: 1 }));
  const total = (x: Tensor) => sum(exp(x), { axes: [1] });
  return {
    ids,
    top,
    askedLogits: pick(logits, input('asked', ['rows', askedOfRow], 'int32')),
    sum: total(below),
    temperedSum: total(multiply(below, input('sharpness', ['rows', 1]))),
  };
}

/** The inputs of the program for some rows. */
export function shortlistInputs(
  rows: readonly ShortlistRow[],
  V: number,
  sizes: { readonly ar: number; readonly mlm: number },
): Inputs {
  const n = rows.length;
  const masks = [...new Set(rows.map(({ allowed }) => allowed))];
  const most = Math.max(1, ...rows.map(({ ids }) => ids.length));
  const [ar, mlm] = [new Float32Array(n * sizes.ar), new Float32Array(n * sizes.mlm)];
  const allowed = new Uint8Array(masks.length * V);
  // Rows that ask for fewer get the logits of id 0 beside theirs.
  const asked = new Int32Array(n * most);
  for (const [i, mask] of masks.entries()) allowed.set(mask, i * V);
  for (const [i, row] of rows.entries()) {
    if (row.ar) ar.set(row.ar, i * sizes.ar);
    mlm.set(row.mlm, i * sizes.mlm);
    asked.set(row.ids, i * most);
  }
  const each = (of: (row: ShortlistRow) => number) => float32(rows.map(of), [n, 1]);
  return {
    ar: float32(ar, [n, sizes.ar]),
    mlm: float32(mlm, [n, sizes.mlm]),
    arWeight: each((row) => (row.ar ? 1 : 0)),
    mlmWeight: each((row) => row.mlmWeight ?? 1),
    mask: int32(rows.map((row) => masks.indexOf(row.allowed))),
    masks: bool(allowed, [masks.length, V]),
    asked: int32(asked, [n, most]),
    sharpness: each((row) => 1 / row.temperature),
  };
}

/** The shortlists in the outputs of the program, copied. */
export function shortlistsOf(
  { ids, top, askedLogits, sum, temperedSum }: Outputs,
  rows: readonly ShortlistRow[],
  V: number,
): Shortlist[] {
  const k = ids!.shape[1]!;
  const most = askedLogits!.shape[1]!;
  return rows.map((row, i) => {
    const listed = Array.from({ length: k }, (_, j) => ({
      id: ids!.data[i * k + j]!,
      logit: top!.data[i * k + j]!,
    })).filter(({ id }) => row.allowed[id] === 1);
    listed.sort((a, b) => b.logit - a.logit || a.id - b.id);
    return {
      ids: listed.map(({ id }) => id),
      logits: listed.map(({ logit }) => logit),
      hasAll: listed.length < k || k === V,
      asked: Float32Array.from(askedLogits!.data.subarray(i * most, i * most + row.ids.length)),
      sum: sum!.data[i]!,
      temperedSum: temperedSum!.data[i]!,
    };
  });
}
