// The candidates of a filled position, worked out from the letter model's tables.
import { expect, test } from 'vitest';
import {
  letterModel,
  logitAfter,
  logitBetween,
  maskId,
  startId,
} from '../anneal/letter-model.test.support.js';
import { InterruptedError } from '../errors.js';
import { type ExplainedPosition, type ExplainOptions, explain } from './explain.js';
import { infill } from './infill.js';

const ids = Int32Array.from([0, 1, 2, 3, 4]);

async function explained(masked: number[], options?: ExplainOptions, model = letterModel()) {
  const positions: ExplainedPosition[] = [];
  for await (const position of explain(model, ids, masked, options)) positions.push(position);
  return { positions, log: model.log };
}

function softmax(logits: number[]): number[] {
  const exps = logits.map(Math.exp);
  const total = exps.reduce((a, b) => a + b, 0);
  return exps.map((value) => value / total);
}

/** Probabilities of the eight letters at a position between its neighbours; masked ones tell the MLM nothing. */
function expected(left: number, right: number, { leftMasked = false, rightMasked = false }) {
  const letters = [0, 1, 2, 3, 4, 5, 6, 7];
  const ar = letters.map((to) => logitAfter(left, to));
  const mlm = letters.map((to) =>
    logitBetween(leftMasked ? undefined : left, rightMasked ? undefined : right, to),
  );
  return { ar: softmax(ar), mlm: softmax(mlm), fused: softmax(ar.map((value, i) => (value + mlm[i]!) / 2)) };
}

test('has each model alone and both fused, over the ids that may be sampled', async () => {
  const { positions, log } = await explained([1, 2], { candidates: 8 });
  expect(positions.map(({ position }) => position)).toEqual([1, 2]);
  const of = [expected(0, 2, { rightMasked: true }), expected(1, 3, { leftMasked: true })];
  for (const [i, { candidates }] of positions.entries()) {
    expect(candidates).toHaveLength(8);
    for (const { id, token, ar, mlm, fused } of candidates) {
      expect(token).toBe('abcdefgh'[id]);
      expect(ar).toBeCloseTo(of[i]!.ar[id]!, 5);
      expect(mlm).toBeCloseTo(of[i]!.mlm[id]!, 5);
      expect(fused).toBeCloseTo(of[i]!.fused[id]!, 5);
    }
    const fused = candidates.map((candidate) => candidate.fused);
    expect(fused).toEqual([...fused].sort((a, b) => b - a));
  }
  expect(log).toEqual(['mlm 5', 'ar 3']);
});

test('candidates are the best of each and the token that is there, however many that makes', async () => {
  const best = (of: number[]) => of.indexOf(Math.max(...of));
  const isBest = [];
  for (const position of [1, 2, 3]) {
    const [{ candidates } = { candidates: [] }] = (await explained([position], { candidates: 1 })).positions;
    const { ar, mlm, fused } = expected(position - 1, position + 1, {});
    const bests = new Set([best(ar), best(mlm), best(fused)]);
    expect(new Set(candidates.map(({ id }) => id))).toEqual(new Set([...bests, position]));
    isBest.push(bests.has(position));
  }
  expect(isBest).toContain(false);
});

test('the first token is explained from the document start, and chunks change nothing', async () => {
  const whole = (await explained([0, 1, 4])).positions;
  expect((await explained([0, 1, 4], { chunk: 1 })).positions).toEqual(whole);
  const first = softmax([0, 1, 2, 3, 4, 5, 6, 7].map((to) => logitAfter(startId, to)));
  for (const { id, ar } of whole[0]!.candidates) expect(ar).toBeCloseTo(first[id]!, 5);
});

test('refuses positions that are still masked, and stops when it is asked to', async () => {
  const model = letterModel();
  const unfilled = explain(model, Int32Array.of(0, maskId, 2), [2]);
  await expect(unfilled.next()).resolves.toMatchObject({ value: { position: 2 } });
  await unfilled.return(undefined);
  const signal = AbortSignal.abort();
  await expect(explained([1], { signal }, model)).rejects.toThrow(InterruptedError);
  expect((await explained([1], {}, model)).positions).toHaveLength(1);
});

test('legal or fused probabilities are those that were chosen from, also of gaps of unknown length of which something is asked', async () => {
  const model = letterModel();
  const text = 'ab[MASK*1-3]c[MASK*2]';
  const gaps = [{ regex: '[a-d]+', max: 2 }, { bias: { e: 2 } }];
  const options = { gaps, alternatives: 8, temperature: 1, seed: 5, lineBreaks: false };
  const filled: { position: number; alternatives?: readonly { id: number; probability: number }[] }[] = [];
  let whole: readonly number[] = [];
  let lengths: readonly number[] = [];
  for await (const event of infill(model, text, options)) {
    if (event.type === 'gap-filled') filled.push(event);
    if (event.type !== 'done') continue;
    whole = event.ids;
    lengths = event.gaps.map((gap) => gap.ids.length);
  }
  const positions = filled.map(({ position }) => position);
  const asked = { candidates: 8, text, gaps, lengths, lineBreaks: false };
  const explained: ExplainedPosition[] = [];
  for await (const one of explain(model, Int32Array.from(whole), positions, asked)) explained.push(one);
  for (const [i, { candidates }] of explained.entries()) {
    const chosenFrom = new Map(candidates.map(({ id, fused: p, legal = p }) => [id, legal]));
    for (const { id, probability } of filled[i]!.alternatives!)
      expect(chosenFrom.get(id)).toBeCloseTo(probability, 5);
    for (const of of ['ar', 'mlm', 'fused'] as const)
      expect(candidates.reduce((sum, one) => sum + one[of], 0)).toBeCloseTo(1, 5);
  }
  expect(explained).toHaveLength(positions.length);
});
