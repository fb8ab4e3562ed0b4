// Gaps of unknown length: candidates are what gaps of fixed lengths are filled with, and the best by the rule is what is filled in.
import { describe, expect, test } from 'vitest';
import { letterModel, maskId } from '../anneal/letter-model.test.support.js';
import type { InfillEvent, InfillResult } from './events.js';
import { infill } from './infill.js';
import { type LengthCandidate, lengthRuleNames, lengthRules } from './length-rules.js';
import { logLikelihoods } from './log-likelihoods.js';

type Options = NonNullable<Parameters<typeof infill>[2]>;

async function run(
  input: string | readonly number[],
  options: Options = {},
  model = letterModel(),
): Promise<InfillResult & { events: InfillEvent[] }> {
  const events: InfillEvent[] = [];
  const steps = infill(model, input, options);
  for (;;) {
    const step = await steps.next();
    if (step.done) return { ...step.value, events };
    events.push(step.value);
  }
}

const total = (logs: readonly number[]) => logs.reduce((sum, log) => sum + log, 0);
const idsOf = ({ samples }: InfillResult) => samples.map(({ ids }) => ids);
const lengthsOf = ({ samples }: InfillResult) => samples.map(({ gaps }) => gaps.map(({ ids }) => ids.length));

describe('one gap', () => {
  const text = 'cab[MASK*1-5]hed';

  test('a candidate is the fill of a gap of its length, with the logarithms that the models give', async () => {
    const model = letterModel();
    const { lengths } = await run(text);
    expect(lengths).toHaveLength(1);
    expect(lengths![0]!.candidates.map(({ length }) => length)).toEqual([1, 2, 3, 4, 5]);
    for (const candidate of lengths![0]!.candidates) {
      const { length } = candidate;
      const fixed = (await run(`cab[MASK*${length}]hed`)).samples[0]!;
      expect(candidate.ids).toEqual(fixed.gaps[0]!.ids);
      expect(candidate.text).toBe(fixed.gaps[0]!.text);
      expect(candidate.logFill).toBeCloseTo(fixed.logLikelihood, 10);
      const positions = Array.from({ length: length + 3 }, (_, i) => 3 + i);
      const logs = await logLikelihoods(model, Int32Array.from(fixed.ids), positions, { system: 'ar' });
      expect(candidate.logText).toBeCloseTo(total(logs), 10);
      expect(candidate.logAfter).toBeCloseTo(total(logs.slice(length)), 10);
      expect(candidate.score).toBeCloseTo(candidate.logText - candidate.logFill, 10);
    }
  });

  test.each(lengthRuleNames)('the best by %s is filled in', async (lengthBy) => {
    const result = await run(text, { lengthBy });
    const { candidates, length } = result.lengths![0]!;
    const scores = candidates.map((candidate) => lengthRules[lengthBy].score(candidate));
    expect(candidates.map(({ score }) => score)).toEqual(scores);
    expect(length).toBe(1 + scores.indexOf(Math.max(...scores)));
    const fixed = await run(`cab[MASK*${length}]hed`);
    expect(idsOf(result)).toEqual(idsOf(fixed));
    expect(result.samples[0]!.text).toBe(fixed.samples[0]!.text);
  });

  test('rules differ', async () => {
    const found = new Set<number>();
    for (const lengthBy of lengthRuleNames) found.add((await run(text, { lengthBy })).lengths![0]!.length);
    expect(found.size).toBe(lengthRuleNames.length);
  });

  test('it is told before the text is', async () => {
    const { events, lengths, samples } = await run(text);
    expect(events[0]).toEqual({ type: 'lengths-compared', round: 0, ...lengths![0] });
    expect(events[1]).toMatchObject({ type: 'mlm-encoded', sample: 0, lengths: [lengths![0]!.length] });
    expect(events.filter(({ type }) => type === 'lengths-compared')).toHaveLength(1);
    expect(events.at(-1)).toEqual({ type: 'done', ...samples[0] });
  });

  test('passes are those of all candidates, what they share, and the text in the end', async () => {
    const { passes, lengths } = await run(text);
    const { length } = lengths![0]!;
    // Each candidate takes a pass for each of its tokens, and one that reads what comes after.
    expect(passes).toEqual({ mlm: 5 + 1, ar: 1 + 2 + 3 + 4 + 5 + 5 + length });
  });

  test('ids and fields of gaps are the same text', async () => {
    const gaps = [{ min: 1, max: 5 }];
    const result = await run(text);
    for (const input of [[2, 0, 1, maskId, 7, 4, 3], 'cab[MASK*9]hed'] as const)
      expect(idsOf(await run(input, { gaps }))).toEqual(idsOf(result));
    expect(lengthsOf(await run('cab[MASK*?]hed', { maxLength: 2 }))[0]![0]).toBeLessThan(3);
  });

  test('a range of one length is no search', async () => {
    const { lengths, events } = await run('cab[MASK*3-3]hed');
    expect(lengths).toBeUndefined();
    expect(events[0]!.type).toBe('mlm-encoded');
  });

  test('what follows is 32 tokens at most, as many for every candidate, where the AR model has room', async () => {
    const after = 'abcdefgh'.repeat(6);
    const scored = async (capacity: number) => {
      const { lengths } = await run(`cab[MASK*1-5]${after}`, {}, letterModel({ capacity }));
      const { ids, length, logAfter } = lengths![0]!.candidates[1]!;
      const filled = Int32Array.from([
        0,
        1,
        4,
        ...ids,
        ...[...after].map((letter) => 'abcdefgh'.indexOf(letter)),
      ]);
      const logs = await logLikelihoods(
        letterModel(),
        filled,
        Array.from({ length: 48 }, (_, i) => 3 + length + i),
        { system: 'ar' },
      );
      return (
        logs.map((_, i) => total(logs.slice(0, i + 1))).findIndex((sum) => Math.abs(sum - logAfter) < 1e-9) +
        1
      );
    };
    expect(await scored(64)).toBe(32);
    // One start token and 8 more are read before the last that is scored: 3, the longest gap, and one after it.
    expect(await scored(9)).toBe(1);
  });
});

describe('sampling', () => {
  const text = 'cab[MASK*1-4]hed';

  test.each(['maria', 'ar', 'mlm'] as const)(
    'with %s, texts do not depend on lanes or drafts',
    async (system) => {
      const options = { system, samples: 3, temperature: 1, seed: 4, record: 2 };
      const expected = idsOf(await run(text, options));
      for (const speculate of [2, 'auto'] as const)
        expect(idsOf(await run(text, { ...options, speculate }))).toEqual(expected);
      const together = letterModel();
      const several = await Promise.all(
        [0, 2, 2].map((record) => run(text, { ...options, record }, together)),
      );
      expect(idsOf(several[1]!)).toEqual(expected);
      expect(idsOf(several[2]!)).toEqual(expected);
    },
  );

  test('a sample is that of a gap of the length that was drawn', async () => {
    const options = { samples: 4, temperature: 1, seed: 3 };
    const { samples, events } = await run(text, options);
    expect(new Set(samples.map(({ gaps }) => gaps[0]!.ids.length)).size).toBeGreaterThan(1);
    for (const { sample, gaps, ids } of samples) {
      const fixed = await run(`cab[MASK*${gaps[0]!.ids.length}]hed`, options);
      expect(ids).toEqual(fixed.samples[sample]!.ids);
    }
    const numbers = events.flatMap((event) => (event.type === 'done' ? [event.sample] : []));
    expect(numbers).toEqual([0, 1, 2, 3]);
  });

  test('lengths are drawn in proportion to exp(score / temperature)', async () => {
    const samples = 2000;
    const temperature = 2;
    const result = await run(text, { samples, temperature, seed: 8 });
    const { candidates } = result.lengths![0]!;
    const weights = candidates.map(({ score }: LengthCandidate) => Math.exp(score / temperature));
    const seen = candidates.map(
      ({ length }) => lengthsOf(result).filter(([drawn]) => drawn === length).length,
    );
    const statistic = seen.reduce((sum, count, i) => {
      const expected = (samples * weights[i]!) / total(weights);
      return sum + (count - expected) ** 2 / expected;
    }, 0);
    // 99.9 % of the chi-square distribution with 3 degrees of freedom.
    expect(statistic).toBeLessThan(16.27);
  });
});

describe('several gaps', () => {
  test('each is as good as any other length of it, the others being as they are', async () => {
    const result = await run('ab[MASK*1-3]gc[MASK*2]d[MASK*1-3]he');
    expect(result.lengths!.map(({ gap }) => gap)).toEqual([0, 2]);
    const told = result.events.flatMap((event) => (event.type === 'lengths-compared' ? [event] : []));
    expect(told.slice(0, 2).map(({ round, gap }) => [round, gap])).toEqual([
      [0, 0],
      [0, 2],
    ]);
    // What is told last of a gap is in the result, and what was chosen is in the text.
    const [first, , last] = lengthsOf(result)[0]!;
    expect(result.lengths!.map(({ length }) => length)).toEqual([first, last]);
    for (const gap of [0, 2])
      expect(result.lengths!.find((one) => one.gap === gap)).toEqual(
        (({ type, round, ...compared }) => compared)(told.findLast((one) => one.gap === gap)!),
      );
  });

  test('the first is told by the fills of those after it', async () => {
    const { lengths } = await run('ab[MASK*1-2]g[MASK*2]de');
    for (const { length, logFill, ids } of lengths![0]!.candidates) {
      const fixed = (await run(`ab[MASK*${length}]g[MASK*2]de`)).samples[0]!;
      expect(ids).toEqual(fixed.gaps[0]!.ids);
      expect(logFill).toBeCloseTo(fixed.logLikelihood, 10);
    }
  });

  test('those before it are filled', async () => {
    const { lengths } = await run('ab[MASK]g[MASK*1-2]de');
    const before = (await run('ab[MASK]g[MASK*2]de')).samples[0]!.gaps[0]!;
    for (const { length, ids } of lengths![0]!.candidates) {
      const fixed = (await run(`ab${before.text}g[MASK*${length}]de`)).samples[0]!;
      expect(ids).toEqual(fixed.gaps[0]!.ids);
    }
  });
});

describe('what is refused', () => {
  test.each<[string, string, Options, RegExp]>([
    ['a denoiser', 'gap-unfit', { system: 'diffusion' }, /with a denoiser/],
    [
      'a rule that is none',
      'option-out-of-range',
      { lengthBy: 'x' as 'after' },
      /lengthBy is "x", it must be one of evidence/,
    ],
    ['kept tokens', 'kept-invalid', { kept: new Map([[2, 1]]) }, /positions are not known/],
    [
      'too many lengths',
      'bad-gap',
      { maxLength: 65 },
      /1 to 65 tokens are 65 lengths to try, and at most 64/,
    ],
    [
      'too long a text',
      'context-too-long',
      { maxLength: 62 },
      /with the most tokens that its gaps may have: it is 66 tokens long/,
    ],
    ['a text for windows', 'context-too-long', { maxLength: 62, window: 'auto' }, /with the most tokens/],
    ['fields of no gap', 'bad-gap', { gaps: [{}, {}] }, /tells of 2 gaps/],
  ])('%s', async (_, code, options, message) => {
    const failing = run('ab[MASK*?]cd', options);
    await expect(failing).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });

  test('a model without the AR model’s own logits', async () => {
    const { experts, ...model } = letterModel();
    const failing = run('ab[MASK*?]cd', {}, { ...model, experts: { mlm: experts.mlm } } as never);
    await expect(failing).rejects.toMatchObject({ code: 'expert-missing' });
  });
});

test('whoever leaves in the middle leaves nothing open', async () => {
  const model = letterModel();
  for await (const event of infill(model, 'ab[MASK*1-3]c[MASK*1-3]d'))
    if (event.type === 'lengths-compared') break;
  // The only lane is free again.
  expect((await run('ab[MASK]d', {}, model)).samples).toHaveLength(1);
});
