// Samplers that draw, on a model of two positions whose tables are known: how often each text comes, against the exact chances.
import { describe, expect, it } from 'vitest';
import type { Denoiser } from '../../models/denoiser.js';
import { recordKey } from '../../random.js';
import { Canvas } from './canvas.js';
import { noiseOf } from './noise.js';
import type { SamplerOptions } from './sampler.js';
import { type SamplerName, samplerNames, samplers } from './samplers.js';
import { fillChances, keepChances, logLinear, timesOf } from './schedules.js';

const tokens = [0, 1, 2];
const mask = 3;
const rows = 4;
type Text = readonly [number, number];

/** Logits that depend on what stands at the other position. */
function logitsOf(text: ArrayLike<number>, position: number): number[] {
  const other = text[1 - position]!;
  const scores = tokens.map((token) => Math.sin(1 + 2 * token + 3 * other + 5 * position));
  return [...scores, -Infinity];
}

function denoiser(readsNoise = false): Denoiser {
  return {
    family: 'table',
    maskId: mask,
    vocabularySize: rows,
    maxLength: 2,
    readsNoise,
    lanes: 1,
    read: async (ids) => {
      const text = ids.slice();
      return {
        logits: async (positions) => ({
          rows: positions.length,
          columns: rows,
          data: Float32Array.from(positions.flatMap((position) => logitsOf(text, position))),
        }),
      };
    },
  };
}

function probabilities(text: ArrayLike<number>, position: number): number[] {
  const weights = logitsOf(text, position).slice(0, mask).map(Math.exp);
  const total = weights.reduce((a, b) => a + b, 0);
  return weights.map((weight) => weight / total);
}

/** Chances of each token and of the mask at a position, after a step. */
type Move = (text: Text, position: number, step: number) => readonly number[];

const stays = (id: number) => Array.from({ length: rows }, (_, other) => Number(other === id));
const filledWith = (chance: number, p: readonly number[]) => [...p.map((x) => x * chance), 1 - chance];
const isMasked = (text: Text, position: number) => text[position] === mask;
/** What is filled stays. */
const onlyMasked =
  (move: Move): Move =>
  (text, position, step) =>
    isMasked(text, position) ? move(text, position, step) : stays(text[position]!);

const steps = 4;
const end = 1e-5;
const dt = (1 - end) / steps;
const times = timesOf(steps, end);

/** The last step of ancestral samplers. */
const mostProbable: Move = onlyMasked((text, position) => {
  const p = probabilities(text, position);
  return stays(p.indexOf(Math.max(...p)));
});

const ancestral = (chance: (t: number) => number): Move =>
  onlyMasked((text, position, step) => {
    if (step === steps) return mostProbable(text, position, step);
    const [before, after] = [chance(times[step]!), chance(times[step]! - dt)];
    return filledWith((before - after) / before, probabilities(text, position));
  });

/** Scores of SEDD at an amount of noise. */
const scores = (text: Text, position: number, sigma: number) =>
  logitsOf(text, position)
    .slice(0, mask)
    .map((logit) => Math.exp(logit) / Math.expm1(sigma) / (rows - 1));

const byScores: Move = onlyMasked((text, position, step) => {
  if (step === steps) {
    const last = scores(text, position, logLinear.sigma(end));
    const total = last.reduce((a, b) => a + b, 0);
    return [...last.map((score) => score / total), 0];
  }
  const [sigma, next] = [logLinear.sigma(times[step]!), logLinear.sigma(times[step]! - dt)];
  const moved = scores(text, position, sigma).map((score) => score * Math.expm1(sigma - next));
  const total = moved.reduce((a, b) => a + b, 0);
  // Where more than everything moves, the mask never wins.
  return total < 1 ? [...moved, 1 - total] : [...moved.map((x) => x / total), 0];
});

const eta = 0.3;
/** What is filled is masked again with chance sigma, while the share of known tokens goes from `before` to `after`. */
const remasked =
  (before: number, after: number, sigma: number): Move =>
  (text, position) =>
    isMasked(text, position)
      ? // Where more is masked again than was, the mask never wins.
        filledWith(Math.min(1, (after - (1 - sigma) * before) / (1 - before)), probabilities(text, position))
      : stays(text[position]!).map((x, id) => (id === mask ? sigma : x * (1 - sigma)));

/** @param sigmaOf the most that can be masked again */
const remasking =
  (sigmaOf: (most: number) => number): Move =>
  (text, position, step) => {
    if (step === steps) return mostProbable(text, position, step);
    const [before, after] = [1 - times[step]!, 1 - times[step]! + dt];
    const sigma = sigmaOf(before === 0 ? 1 : Math.min(1, (1 - after) / before));
    return remasked(before, after, sigma)(text, position, step);
  };

/** ReMDM's loop with its own times: the share of known tokens rises to 0.9 until time 0.55, stays until 0.05, and rises to 1. */
const looping: Move = (text, position, step) => {
  if (step === steps) return mostProbable(text, position, step);
  const t = times[step]!;
  const masked = (time: number) => (t > 0.55 ? 1 - ((1 - time) * 0.9) / 0.45 : (time * 0.1) / 0.05);
  if (t > 0.55 || t <= 0.05)
    return onlyMasked(() =>
      filledWith((masked(t) - masked(t - dt)) / masked(t), probabilities(text, position)),
    )(text, position, step);
  return remasked(0.9, 0.9, eta)(text, position, step);
};

const withChances = (chances: readonly number[]): Move =>
  onlyMasked((text, position, step) => filledWith(chances[step] ?? 1, probabilities(text, position)));

const cases: readonly { readonly name: SamplerName; readonly move: Move; readonly steps: number }[] = [
  { name: 'ddpm', move: ancestral(logLinear.maskChance), steps: steps + 1 },
  { name: 'ddpm-cache', move: ancestral((t) => t), steps: steps + 1 },
  { name: 'analytic', move: byScores, steps: steps + 1 },
  { name: 'euler', move: byScores, steps: steps + 1 },
  { name: 'remdm-cap', move: remasking((most) => Math.min(eta, most)), steps: steps + 1 },
  { name: 'remdm-rescale', move: remasking((most) => eta * most), steps: steps + 1 },
  { name: 'remdm-loop', move: looping, steps: steps + 1 },
  { name: 'origin', move: withChances(fillChances(steps, 1e-3)), steps },
  { name: 'random-keep', move: withChances(keepChances(steps)), steps },
];

/** Chances of all texts after so many steps. */
function exactChances(move: Move, count: number): Map<string, number> {
  let texts = new Map<string, number>([[String([mask, mask]), 1]]);
  for (let step = 0; step < count; step++) {
    const next = new Map<string, number>();
    for (const [key, chance] of texts) {
      const text = key.split(',').map(Number) as unknown as Text;
      const [first, second] = [move(text, 0, step), move(text, 1, step)];
      first.forEach((a, i) => {
        second.forEach((b, j) => {
          if (a * b > 0) next.set(String([i, j]), (next.get(String([i, j])) ?? 0) + chance * a * b);
        });
      });
    }
    texts = next;
  }
  return texts;
}

const samplerOptions: SamplerOptions = { steps, temperature: 1, topP: 1, topK: 0, eta };
const samples = 4000;

/** How often each text came, after the first steps only or the whole run. */
async function counted(
  name: SamplerName,
  stepsTaken: number,
  also: Partial<SamplerOptions> = {},
): Promise<Map<string, number>> {
  const sampler = await samplers[name].load();
  const counts = new Map<string, number>();
  for (let sample = 0; sample < samples; sample++) {
    const canvas = new Canvas(denoiser(samplers[name].reads === 'scores'), [mask, mask], [0, 1]);
    const noise = noiseOf(recordKey(11, 0, sample));
    let taken = 0;
    for await (const _ of sampler({ canvas, noise, options: { ...samplerOptions, ...also } }))
      if (++taken === stepsTaken) break;
    const key = String([...canvas.ids]);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}

/** Statistic of chi-square, in deviations of a normal number (Wilson and Hilferty). */
function chiSquareDeviations(
  counts: ReadonlyMap<string, number>,
  chances: ReadonlyMap<string, number>,
): number {
  const cells = [...chances].filter(([, chance]) => chance * samples >= 5);
  const rare = [...chances].filter(([, chance]) => chance * samples < 5);
  const merged = rare.reduce((sum, [, chance]) => sum + chance, 0);
  const observed = [
    ...cells.map(([key]) => counts.get(key) ?? 0),
    rare.reduce((sum, [key]) => sum + (counts.get(key) ?? 0), 0),
  ];
  const expected = [...cells.map(([, chance]) => chance * samples), merged * samples];
  if (merged * samples < 5) {
    expect(observed.pop()).toBeLessThan(20);
    expected.pop();
  }
  const statistic = expected.reduce((sum, e, i) => sum + (observed[i]! - e) ** 2 / e, 0);
  const freedom = expected.length - 1;
  const part = 2 / (9 * freedom);
  return (Math.cbrt(statistic / freedom) - (1 - part)) / Math.sqrt(part);
}

describe.each(cases)('$name', ({ name, move, steps: count }) => {
  it.each([
    ['one step', 1],
    ['a whole run', count],
  ])('%s has the exact chances', async (_, taken) => {
    const chances = exactChances(move, taken);
    expect([...chances.values()].reduce((a, b) => a + b, 0)).toBeCloseTo(1, 9);
    const counts = await counted(name, taken);
    expect([...counts.keys()].filter((key) => !chances.has(key))).toEqual([]);
    expect(chiSquareDeviations(counts, chances)).toBeLessThan(3.5);
  });

  it('is told from a sampler of other chances', async () => {
    const counts = await counted(name, count);
    const uniform = new Map(tokens.flatMap((a) => tokens.map((b) => [String([a, b]), 1 / 9] as const)));
    expect(chiSquareDeviations(counts, uniform)).toBeGreaterThan(6);
  });
});

/** Chances of the tokens that two masked positions are filled with, the surest first: another one is drawn for the other when it stands there. */
function surestFirst(confidence: (p: readonly number[], id: number) => number): Map<string, number> {
  const chances = new Map<string, number>();
  const drawn = [0, 1].map((position) => probabilities([mask, mask], position));
  const add = (text: Text, chance: number) =>
    chances.set(String(text), (chances.get(String(text)) ?? 0) + chance);
  for (const a of tokens)
    for (const b of tokens) {
      const isLeft = confidence(drawn[0]!, a) >= confidence(drawn[1]!, b);
      const half: Text = isLeft ? [a, mask] : [mask, b];
      probabilities(half, isLeft ? 1 : 0).forEach((p, id) => {
        add(isLeft ? [a, id] : [id, b], drawn[0]![a]! * drawn[1]![b]! * p);
      });
    }
  return chances;
}

const own = (p: readonly number[], id: number) => p[id]!;
const margin = (p: readonly number[]) => {
  const [first, second] = [...p].sort((a, b) => b - a);
  return first! - second!;
};
const entropy = (p: readonly number[]) => p.reduce((sum, x) => sum + x * Math.log(x), 0);

describe.each([
  ['low-confidence', own],
  ['topk-mask', own],
  ['threshold', own],
  ['maskgit-plus', own],
  ['p2', own],
  ['margin', margin],
  ['entropy', entropy],
] as const)('%s at temperature 1', (name, confidence) => {
  it('fills the surest of what it drew first, and draws the other anew', async () => {
    const counts = await counted(name, 2, { steps: 2, threshold: 2, end: 0 });
    expect(chiSquareDeviations(counts, surestFirst(confidence))).toBeLessThan(3.5);
  });
});

describe.each(samplerNames)('%s', (name) => {
  const noise = () => noiseOf(recordKey(3, 1, 2));
  const run = async (options: Partial<SamplerOptions>, ids: readonly number[] = [mask, mask]) => {
    const gap = [...ids.keys()].filter((position) => ids[position] === mask);
    const canvas = new Canvas(denoiser(samplers[name].reads === 'scores'), ids, gap);
    const sampler = await samplers[name].load();
    for await (const _ of sampler({ canvas, noise: noise(), options: { ...samplerOptions, ...options } }));
    return [...canvas.ids];
  };

  it('fills everything, whatever the steps are, and gives the same text again', async () => {
    for (const count of [1, 2, 3, 50]) {
      const text = await run({ steps: count });
      expect(text).not.toContain(mask);
      expect(await run({ steps: count })).toEqual(text);
    }
    expect(await run({ temperature: 0, steps: 2 })).not.toContain(mask);
  });

  it('leaves known tokens as they are', async () => {
    for (const known of tokens) expect((await run({}, [known, mask]))[0]).toBe(known);
  });
});
