// Several fills that differ: against all fills of a tiny model, worked out by hand; and whatever lanes there are.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  letterModel,
  logitAfter,
  logitBetween,
  maskId,
  startId,
} from '../anneal/letter-model.test.support.js';
import type { InfillEvent, InfillResult } from './events.js';
import { infill } from './infill.js';

const letters = [0, 1, 2, 3, 4, 5, 6, 7];
const ids = [0, maskId, maskId, 3, maskId];
const masked = [1, 2, 4];

async function run(
  given: readonly number[] | string,
  options: Parameters<typeof infill>[2] = {},
  model = letterModel(),
): Promise<InfillResult & { events: InfillEvent[] }> {
  const steps = infill(model, given, options);
  const events: InfillEvent[] = [];
  for (;;) {
    const step = await steps.next();
    if (step.done) return { ...step.value, events };
    events.push(step.value);
  }
}

/** log p of the masked tokens of a text, by the formula of the fused model. */
function logLikelihood(text: readonly number[], given: readonly number[] = ids): number {
  let sum = 0;
  given.forEach((id, position) => {
    if (id !== maskId) return;
    const logits = letters.map(
      (to) =>
        (logitAfter(text[position - 1] ?? startId, to) +
          logitBetween(given[position - 1], given[position + 1], to)) /
        2,
    );
    sum += logits[text[position]!]! - Math.log(logits.reduce((total, logit) => total + Math.exp(logit), 0));
  });
  return sum;
}

/** All fills, the most probable first. */
function allFills(given: readonly number[] = ids): { text: number[]; log: number }[] {
  let texts: number[][] = [[]];
  for (const id of given)
    texts = texts.flatMap((text) => (id === maskId ? letters : [id]).map((to) => [...text, to]));
  return texts.map((text) => ({ text, log: logLikelihood(text, given) })).sort((a, b) => b.log - a.log);
}

describe('the best fills', () => {
  test.each([1, 5, 40])('%i of them are those of all fills', async (best) => {
    const { samples, search, passes } = await run(ids, { best, beam: 64 });
    const expected = allFills().slice(0, best);
    expect(samples.map((sample) => sample.ids)).toEqual(expected.map(({ text }) => text));
    for (const [i, sample] of samples.entries()) {
      expect(sample.sample).toBe(i);
      expect(sample.logLikelihood).toBeCloseTo(expected[i]!.log, 5);
      expect(sample.jointLogLikelihood).toBeCloseTo(expected[i]!.log, 5);
    }
    const total = expected.reduce((sum, { log }) => sum + Math.exp(log), 0);
    expected.forEach(({ log }, i) => {
      expect(samples[i]!.weight).toBeCloseTo(Math.exp(log) / total, 5);
    });
    expect(search).toMatchObject({ width: 64, isExact: true });
    expect(passes.mlm).toBe(1);
  });

  test('are all of them where there are as few', async () => {
    const { samples } = await run([0, maskId, 2], { best: 20 });
    expect(samples).toHaveLength(8);
    expect(samples.reduce((sum, { weight }) => sum + weight!, 0)).toBeCloseTo(1);
  });

  test('what is said to be exact is, and a narrow search says when it may not be', async () => {
    const told = { exact: 0, other: 0 };
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 8 }), { minLength: 3, maxLength: 6 }),
        fc.integer({ min: 1, max: 3 }),
        async (some, best) => {
          const given = some.map((id) => (id === 8 ? maskId : id));
          fc.pre(
            given.filter((id) => id === maskId).length > 0 && given.filter((id) => id === maskId).length < 5,
          );
          const { samples, search } = await run(given, { best, beam: best });
          const expected = allFills(given).slice(0, best);
          const isRight = samples.every(
            (sample, i) => Math.abs(sample.logLikelihood - expected[i]!.log) < 1e-4,
          );
          if (search!.isExact) expect(isRight).toBe(true);
          told[search!.isExact ? 'exact' : 'other']++;
        },
      ),
      { numRuns: 60, seed: 1, endOnFailure: true },
    );
    expect(told.exact).toBeGreaterThan(0);
    expect(told.other).toBeGreaterThan(0);
  });

  test('their marginals are the sums of their weights', async () => {
    const { samples, search } = await run(ids, { best: 12 });
    const [first, second] = search!.marginals;
    const byText = new Map<string, number>();
    for (const { gaps, weight } of samples)
      byText.set(gaps[0]!.text, (byText.get(gaps[0]!.text) ?? 0) + weight!);
    expect(new Map(first!.map(({ text, weight }) => [text, weight]))).toEqual(byText);
    expect(first!.map(({ weight }) => weight)).toEqual([...byText.values()].sort((a, b) => b - a));
    expect(second!.reduce((sum, { weight }) => sum + weight, 0)).toBeCloseTo(1);
  });

  test('the MLM reads again for each fill in progress, and probabilities are of that', async () => {
    const given = [0, maskId, maskId, maskId, 5];
    const { samples, passes } = await run(given, { best: 3, beam: 512, refresh: 1 });
    // Fills in progress that are filled alike share a reading.
    expect(passes.mlm).toBe(1 + 8 + 64);
    expect((await run(given, { best: 3, beam: 512, refresh: 2 })).passes.mlm).toBe(1 + 64);
    const logOf = (text: readonly number[]) =>
      [1, 2, 3].reduce((sum, position) => {
        const right = position === 3 ? 5 : undefined;
        const logits = letters.map(
          (to) => (logitAfter(text[position - 1]!, to) + logitBetween(text[position - 1], right, to)) / 2,
        );
        return (
          sum + logits[text[position]!]! - Math.log(logits.reduce((total, one) => total + Math.exp(one), 0))
        );
      }, 0);
    const best = allFills(given)
      .map(({ text }) => logOf(text))
      .sort((a, b) => b - a);
    samples.forEach((sample, i) => {
      expect(sample.logLikelihood).toBeCloseTo(best[i]!, 5);
      expect(logOf(sample.ids)).toBeCloseTo(best[i]!, 5);
    });
  });

  test('a constraint restricts them, and their joint probability is that of the model', async () => {
    const { samples } = await run('a[MASK*2]d', { best: 8, constraint: { choices: ['bc', 'ef', 'gh'] } });
    const given = [0, maskId, maskId, 3];
    const expected = allFills(given).filter(({ text }) =>
      ['1,2', '4,5', '6,7'].includes(text.slice(1, 3).join()),
    );
    expect(samples.map((sample) => sample.ids)).toEqual(expected.map(({ text }) => text));
    samples.forEach((sample, i) => {
      expect(sample.jointLogLikelihood).toBeCloseTo(expected[i]!.log, 5);
    });
  });
});

describe('samples that differ', () => {
  test('the first is the sample of the seed, and no two are alike', async () => {
    for (let seed = 0; seed < 60; seed++) {
      const options = { temperature: 0.8, topP: 0.95, seed, record: seed % 3 };
      const { samples } = await run(ids, { ...options, samples: 6, distinct: true });
      const [plain] = (await run(ids, options)).samples;
      expect(samples[0]!.ids).toEqual(plain!.ids);
      expect(new Set(samples.map((sample) => sample.ids.join())).size).toBe(6);
    }
  });

  test('each is drawn as often as without replacement, one after the other', async () => {
    const given = [0, maskId, 2];
    const fills = allFills(given);
    const p = fills.map(({ log }) => Math.exp(log));
    const runs = 1500;
    const counts = { first: fills.map(() => 0), second: fills.map(() => 0) };
    for (let seed = 0; seed < runs; seed++) {
      const { samples } = await run(given, { temperature: 1, seed, samples: 2, distinct: true });
      const indices = samples.map((sample) =>
        fills.findIndex(({ text }) => text.join() === sample.ids.join()),
      );
      counts.first[indices[0]!]!++;
      counts.second[indices[1]!]!++;
    }
    const second = p.map((own, i) =>
      p.reduce((sum, other, j) => sum + (i === j ? 0 : (other * own) / (1 - other)), 0),
    );
    expect(
      chiSquare(
        counts.first,
        p.map((one) => one * runs),
      ),
    ).toBeLessThan(24.3);
    expect(
      chiSquare(
        counts.second,
        second.map((one) => one * runs),
      ),
    ).toBeLessThan(24.3);
  });

  test('importance weights give what all fills give', async () => {
    const truth = allFills().reduce((sum, { text, log }) => sum + Math.exp(log) * text[1]!, 0);
    let sum = 0;
    const runs = 400;
    for (let seed = 0; seed < runs; seed++) {
      const { samples } = await run(ids, { temperature: 1, seed, samples: 4, distinct: true });
      sum += samples.reduce((all, sample) => all + Math.exp(sample.logImportance!) * sample.ids[1]!, 0);
    }
    expect(Math.abs(sum / runs - truth)).toBeLessThan(0.3);
    const { samples } = await run([0, maskId, 2], { temperature: 1, samples: 8, distinct: true });
    const fills = allFills([0, maskId, 2]);
    // All that there are: each weighs what it is.
    for (const sample of samples) {
      const { log } = fills.find(({ text }) => text.join() === sample.ids.join())!;
      expect(sample.weight).toBeCloseTo(Math.exp(log), 5);
    }
  });
});

function chiSquare(counts: readonly number[], expected: readonly number[]): number {
  return counts.reduce((sum, count, i) => sum + (count - expected[i]!) ** 2 / expected[i]!, 0);
}

describe('gaps of one name', () => {
  const given = [maskId, 1, maskId, 3];
  const text = '[MASK:x]b[MASK:x]d';
  const alike = allFills(given).filter(({ text: [first, , second] }) => first === second);

  test('get the fill that is the most probable in all places together', async () => {
    let others = 0;
    for (const [first, second] of ['bd', 'ag', 'fe', 'hc', 'ce', 'gb']) {
      const around = [maskId, 'abcdefgh'.indexOf(first!), maskId, 'abcdefgh'.indexOf(second!)];
      const [best] = allFills(around).filter(({ text: fill }) => fill[0] === fill[2]);
      const [sample] = (await run(`[MASK:x]${first}[MASK:x]${second}`)).samples;
      expect(sample!.ids).toEqual(best!.text);
      const [alone] = (await run(`[MASK]${first}[MASK]${second}`)).samples;
      if (alone!.ids[0] !== best!.text[0]) others++;
    }
    // Without the other place it would be another one, or this test could not fail.
    expect(others).toBeGreaterThan(0);
  });

  test('the best of them are those of all that are alike', async () => {
    const { samples } = await run(text, { best: 8 });
    expect(samples.map((sample) => sample.ids)).toEqual(alike.map((fill) => fill.text));
    samples.forEach((sample, i) => {
      expect(sample.jointLogLikelihood).toBeCloseTo(alike[i]!.log, 5);
    });
  });

  test('sampled, they follow the joint distribution of those that are alike', async () => {
    const runs = 800;
    const counts = alike.map(() => 0);
    for (let seed = 0; seed < runs; seed++) {
      const [sample] = (await run(text, { temperature: 1, seed })).samples;
      counts[alike.findIndex((fill) => fill.text.join() === sample!.ids.join())]!++;
    }
    const total = alike.reduce((sum, { log }) => sum + Math.exp(log), 0);
    expect(
      chiSquare(
        counts,
        alike.map(({ log }) => (runs * Math.exp(log)) / total),
      ),
    ).toBeLessThan(24.3);
  });

  test('what is asked of one place holds of all, however few fills are in progress', async () => {
    for (const choice of 'abcdefgh') {
      const [sample] = (await run(text, { beam: 1, gaps: [{}, { choices: [choice] }] })).samples;
      expect(sample!.gaps.map((gap) => gap.text)).toEqual([choice, choice]);
    }
  });

  test('one name alone is a gap as any other', async () => {
    expect((await run('[MASK:x]b', {})).samples).toEqual((await run('[MASK]b', {})).samples);
  });
});

test('events tell each fill in its order, and the results do not depend on the system’s chunks', async () => {
  const { events, samples } = await run(ids, { best: 2, chunk: 1 });
  expect(events.map(({ type }) => type)).toEqual([
    'mlm-encoded',
    ...Array.from({ length: 2 }, () => [...masked.map(() => 'gap-filled'), 'done']).flat(),
  ]);
  expect((await run(ids, { best: 2, speculate: 4 })).samples).toEqual(samples);
  for (const system of ['ar', 'mlm'] as const)
    expect((await run(ids, { best: 3, system })).samples).toHaveLength(3);
});

test('what cannot be searched is refused', async () => {
  const refused = async (options: Parameters<typeof infill>[2], given: string | readonly number[] = ids) =>
    expect(run(given, options)).rejects.toMatchObject({ exitStatus: 2 });
  await refused({ best: 0 });
  await refused({ best: 2, samples: 2 });
  await refused({ best: 2, temperature: 1 });
  await refused({ best: 2, distinct: true, temperature: 1 });
  await refused({ best: 3, beam: 2 });
  await refused({ distinct: true, samples: 2 });
  await refused({ best: 2, alternatives: 1 });
  await refused({ best: 2 ** 20 });
  await refused({ best: 2 }, 'a[MASK*1-2]b');
  await refused({}, 'a[MASK:x]b[MASK:x]c[MASK*1-2]');
  await refused({ best: 2, system: 'diffusion' });
});
