// Which half of a joint head comes first: what the config says, else what the values show, else AR first.
import type { WeightSource } from '@maria/core';
import { roleOf } from './find-head.js';

export type HeadOrder = 'ar-first' | 'mlm-first';

/**
 * Reads keys such as `concat_order: ["mlm", "ar"]`, `head_order: "mlm-ar"` or `"mlm_first"`, `ar_first: false` at the top of config.json.
 * Undefined where none speaks of both models, or several contradict each other.
 */
export function orderInConfig(config: Readonly<Record<string, unknown>>): HeadOrder | undefined {
  const said = new Set<HeadOrder>();
  for (const [key, value] of Object.entries(config)) {
    const order = orderOfEntry(key, value);
    if (order) said.add(order);
  }
  return said.size === 1 ? [...said][0] : undefined;
}

function orderOfEntry(key: string, value: unknown): HeadOrder | undefined {
  if (typeof value === 'boolean') {
    const first = /(^|_)first$/.test(key) ? roleOf(key) : undefined;
    if (!first) return undefined;
    return (first === 'ar') === value ? 'ar-first' : 'mlm-first';
  }
  if (!/order|concat|fusion|fuse/.test(key)) return undefined;
  const words = Array.isArray(value) ? value : typeof value === 'string' ? value.split(/[^A-Za-z]+/) : [];
  const roles = words.map((word) => (typeof word === 'string' ? roleOf(word) : undefined));
  const [ar, mlm] = [roles.indexOf('ar'), roles.indexOf('mlm')];
  if (ar >= 0 && mlm >= 0) return ar < mlm ? 'ar-first' : 'mlm-first';
  // "ar_first"
  const only = ar >= 0 ? 'ar-first' : mlm >= 0 ? 'mlm-first' : undefined;
  return words.includes('first') ? only : undefined;
}

/** A stored matrix of which the first rows are compared. */
export interface StoredRows {
  readonly source: WeightSource;
  readonly weight: string;
  readonly columns: number;
}

const comparedRows = 256;
/** Far above the cosine of unrelated rows, about 1/sqrt(columns); a head that began as a product of experts stays near 1. */
const clearMargin = 0.25;

/**
 * A head that was initialised as a product of experts resembles the output embeddings: the order in which its rows are
 * clearly more like theirs, by the mean cosine. Undefined where neither is.
 */
export function orderInValues(
  head: StoredRows,
  rows: number,
  widths: { ar: number; mlm: number },
  outputs: { ar?: StoredRows; mlm?: StoredRows },
): HeadOrder | undefined {
  const count = Math.min(rows, comparedRows);
  const read = ({ source, weight, columns }: StoredRows) => source.read(weight, count * columns);
  const joint = read(head);
  /** Mean cosine of the columns from `start` on with an output embedding. */
  const likeness = (output: StoredRows, values: Float32Array, start: number) => {
    let total = 0;
    for (let row = 0; row < count; row++) {
      const at = row * head.columns + start;
      total += cosine(joint.subarray(at, at + output.columns), values.subarray(row * output.columns));
    }
    return total / count;
  };
  const differences: number[] = [];
  for (const [output, arFirst, mlmFirst] of [
    [outputs.ar, 0, widths.mlm],
    [outputs.mlm, widths.ar, 0],
  ] as const) {
    if (!output) continue;
    const values = read(output);
    differences.push(likeness(output, values, arFirst) - likeness(output, values, mlmFirst));
  }
  const mean = differences.reduce((sum, difference) => sum + difference, 0) / Math.max(differences.length, 1);
  if (Math.abs(mean) < clearMargin) return undefined;
  return mean > 0 ? 'ar-first' : 'mlm-first';
}

/** Of `a` and as many elements of `b`; 0 where either is zero. */
function cosine(a: Float32Array, b: Float32Array): number {
  let [dot, aa, bb] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    dot += a[i]! * b[i]!;
    aa += a[i]! * a[i]!;
    bb += b[i]! * b[i]!;
  }
  return aa * bb === 0 ? 0 : dot / Math.sqrt(aa * bb);
}
