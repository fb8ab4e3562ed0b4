// Fills of gaps of which something is asked: they are as asked, end where they must, and are distributed as the model says.
import { describe, expect, test } from 'vitest';
import { letterModel, logitAfter, logitBetween, maskId } from '../anneal/letter-model.test.support.js';
import { numbersOf, pick, randomPattern } from '../constrain/random-pattern.test.support.js';
import type { InfillEvent, InfillResult } from './events.js';
import { type ExplainedPosition, explain } from './explain.js';
import { infill } from './infill.js';
import { unmetGap } from './unmet-gap.js';

/** Tokens of one letter, of several, and of parts of a character. */
const euro = [...new TextEncoder().encode('€')];
const spelt: readonly (string | readonly number[])[] = [
  'a',
  'b',
  'c',
  'ab',
  'ba',
  ' ',
  euro.slice(0, 1),
  euro.slice(1),
];
const spellingOf = (id: number) => {
  const one = spelt[id] ?? '?';
  return typeof one === 'string' ? new TextEncoder().encode(one) : Uint8Array.from(one);
};

/** The letter model with other letters. */
function model(sizes: Parameters<typeof letterModel>[0] = {}): ReturnType<typeof letterModel> {
  const whole = letterModel(sizes);
  const idsOf = (text: string) => Int32Array.from([...text].map((letter) => spelt.indexOf(letter)));
  const decode = (ids: ArrayLike<number>) =>
    new TextDecoder().decode(Uint8Array.from(Array.from(ids).flatMap((id) => [...spellingOf(id)])));
  return {
    ...whole,
    vocabulary: {
      ...whole.vocabulary,
      encode: async (text) => idsOf(text),
      tokenize: async (text) => {
        const ids = idsOf(text);
        return { ids, starts: ids.map((_, i) => i), ends: ids.map((_, i) => i + 1) };
      },
      bytesOf: spellingOf,
      decode,
    },
  };
}

async function run(
  input: string | number[],
  options: Parameters<typeof infill>[2],
  filler = model(),
): Promise<InfillResult & { events: InfillEvent[] }> {
  const events: InfillEvent[] = [];
  const steps = infill(filler, input, options);
  for (;;) {
    const step = await steps.next();
    if (step.done) return { ...step.value, events };
    events.push(step.value);
  }
}

test('500 random constraints: each fill is as asked, in its length, and the rest of the text as it was', async () => {
  let filled = 0;
  for (let seed = 0; seed < 500; seed++) {
    const next = numbersOf(1000 + seed);
    const pattern = `(?:${randomPattern(['a', 'b', 'c', ' ', '€'], next, 4)})+`;
    const choices = ['abc', 'cab', 'b€', 'aa aa', 'cc', 'c', 'aaaa'].filter(() => next() < 0.7);
    const [n, m] = [1 + Math.floor(4 * next()), 1 + Math.floor(4 * next())];
    const text = `ab[MASK*${n}]ca[MASK*${m}][MASK*1]bb`;
    const options = {
      system: pick(['maria', 'ar', 'mlm'] as const, next),
      temperature: pick([0, 1, 2], next),
      topK: pick([0, 3], next),
      seed,
      gaps: [{ regex: pattern }, choices.length > 0 ? { choices } : {}, { characters: 1 }],
    };
    const result = await run(text, options).catch((error: Error) => error);
    if (result instanceof Error) {
      expect(result).toMatchObject({ code: 'constraint-unsatisfiable' });
      continue;
    }
    filled++;
    const { text: whole, gaps } = result.samples[0]!;
    expect(gaps[0]!.text).toMatch(new RegExp(`^(?:${pattern})$`, 'u'));
    if (choices.length > 0) expect(choices).toContain(gaps[1]!.text);
    expect([...gaps[2]!.text]).toHaveLength(1);
    expect(gaps.map(({ ids }) => ids.length)).toEqual([n, m, 1]);
    expect(whole).toBe(`ab${gaps[0]!.text}ca${gaps[1]!.text}${gaps[2]!.text}bb`);
    if (options.system !== 'maria') continue;
    const speculated = await run(text, { ...options, speculate: 1 + (seed % 3), alternatives: 2 });
    expect(speculated.samples[0]!.text).toBe(whole);
    expect(speculated.samples[0]!.gaps.map(({ probabilities }) => probabilities)).toEqual(
      gaps.map(({ probabilities }) => probabilities),
    );
  }
  expect(filled).toBeGreaterThan(200);
});

describe('tokens are drawn as the model says among those that still lead to an end', () => {
  const [before, after] = [1, 2];
  /** Three tokens, so that the first ones have to leave room for the last. */
  const regex = '(?:a|ab)(?:b|ba|c)c|ba(?:€|.)b?';
  const whole = new RegExp(`^ ?(?:${regex})$`, 'u');
  const ids = [...spelt.keys()];
  const fills = ids.flatMap((a) => ids.flatMap((b) => ids.map((c) => [a, b, c])));
  const legal = fills.filter((fill) => whole.test(model().vocabulary.decode(fill)));

  /** One token after the other: the logits of those that some legal fill goes on with, and of all. */
  function chances(logit: (place: number, left: number, to: number) => number) {
    const sum = (logits: readonly number[]) => logits.reduce((total, one) => total + Math.exp(one), 0);
    return legal.map((fill) => {
      let chance = 1;
      const masses = fill.map((id, place) => {
        const left = fill[place - 1] ?? before;
        const goOn = ids.filter((to) =>
          legal.some(
            (other) => other[place] === to && fill.slice(0, place).every((one, i) => one === other[i]),
          ),
        );
        const mass = sum(goOn.map((to) => logit(place, left, to)));
        chance *= Math.exp(logit(place, left, id)) / mass;
        return mass / sum(ids.map((to) => logit(place, left, to)));
      });
      return { fill: fill.join(), chance, masses };
    });
  }

  test.each([
    ['ar', 0, (_: number, left: number, to: number) => logitAfter(left, to)],
    [
      'maria',
      2,
      (place: number, left: number, to: number) =>
        (logitAfter(left, to) +
          logitBetween(place === 0 ? before : undefined, place === 2 ? after : undefined, to)) /
        2,
    ],
  ] as const)('with the system %s', async (system, speculate, logit) => {
    const expected = chances(logit);
    expect(expected.length).toBeGreaterThan(8);
    expect(expected.reduce((sum, { chance }) => sum + chance, 0)).toBeCloseTo(1, 9);
    const draws = 4000;
    const { samples } = await run([before, maskId, maskId, maskId, after], {
      system,
      speculate,
      temperature: 1,
      seed: 3,
      samples: draws,
      constraint: { regex },
    });
    const counts = new Map(expected.map(({ fill }) => [fill, 0]));
    for (const { gaps } of samples) counts.set(gaps[0]!.ids.join(), counts.get(gaps[0]!.ids.join())! + 1);
    expect([...counts.keys()]).toHaveLength(expected.length);
    const likely = expected.filter(({ chance }) => chance * draws > 5);
    const square = likely.reduce(
      (sum, { fill, chance }) => sum + (counts.get(fill)! - chance * draws) ** 2 / (chance * draws),
      0,
    );
    // The mean of the distribution is its degrees of freedom, and its variance twice that.
    expect(square).toBeLessThan(likely.length + 4 * Math.sqrt(2 * likely.length));
    const { ids: drawn, legalMass } = samples[0]!.gaps[0]!;
    const { masses } = expected.find(({ fill }) => fill === drawn.join())!;
    legalMass!.forEach((mass, i) => {
      expect(mass).toBeCloseTo(masses[i]!, 5);
    });
  });
});

test('in windows a gap goes on where it was left', async () => {
  const ids = [
    0,
    1,
    ...new Array<number>(75).fill(maskId),
    2,
    0,
    1,
    ...new Array<number>(20).fill(maskId),
    2,
  ];
  const options = { temperature: 1, seed: 4, constraint: { regex: '(?:abc ?)+' } };
  const whole = await run(ids, options, model({ capacity: 1000, maxLength: 1000 }));
  const { windows, samples } = await run(ids, { ...options, window: 16 }, model()).catch(() =>
    run(ids, { ...options, window: 'auto' }, model({ capacity: 90, maxLength: 90 })),
  );
  expect(windows!.length).toBeGreaterThan(1);
  for (const { text } of [...samples[0]!.gaps, ...whole.samples[0]!.gaps])
    expect(text).toMatch(/^ ?(?:abc ?)+$/);
});

test('a gap that tells no length has any that its description allows, and others the one of their marker', async () => {
  const lengths = async (text: string, options: Parameters<typeof infill>[2]) =>
    (await run(text, options)).samples[0]!.gaps.map(({ ids, text: fill }) => [ids.length, fill]);
  for (let seed = 0; seed < 20; seed++) {
    const [open, fixed, free] = await lengths('ab[MASK]c[MASK*2]a[MASK]', {
      temperature: 1,
      seed,
      gaps: [{ choices: ['abab', 'c'] }, { choices: ['abab', 'c'] }, { ban: ['c'] }],
    });
    expect(['abab', 'c']).toContain(open![1]);
    expect([fixed, free![0]]).toEqual([[2, 'abab'], 1]);
  }
  const { lengths: compared } = await run('ab[MASK]c', {
    constraint: { choices: ['abab', 'c'] },
    maxLength: 3,
  });
  expect(compared!.map(({ candidates }) => candidates.map(({ length }) => length))).toEqual([[1, 2, 3]]);
});

test('a regular expression sees the text after its gap, of texts and of ids', async () => {
  const filled = async (input: string | number[], findsLengths = true) =>
    (await run(input, { constraint: { regex: 'a(?=c)|ba(?=b)|c(?!.)' }, findsLengths })).samples[0]!.gaps.map(
      ({ text }) => text,
    );
  expect(await filled('ab[MASK]c[MASK]bb[MASK]')).toEqual(['a', 'ba', 'c']);
  const letters = Int32Array.of(0, maskId, 2, maskId, 1, maskId);
  expect(await filled([...letters])).toEqual(['a', 'ba', 'c']);
  await expect(filled('ab[MASK][MASK]')).rejects.toMatchObject({ code: 'constraint-unfit' });
});

test('bias moves what is chosen, and takes nothing out', async () => {
  const chosen = async (by: number) => {
    const { samples, excluded } = await run('ab[MASK]ca', { constraint: { bias: { c: by } } });
    expect(excluded).toEqual(['special', 'unfit']);
    return samples[0]!.gaps[0]!;
  };
  const without = await chosen(0);
  expect((await chosen(30)).text).toBe('c');
  expect((await chosen(-30)).text).not.toBe('c');
  expect(without.legalMass).toBeUndefined();
});

test('what is told: the mass of what was legal, and alternatives that are', async () => {
  const { samples, events, excluded } = await run('ab[MASK*2]ca[MASK]', {
    alternatives: 8,
    gaps: [{ choices: ['ab', 'ca'] }],
  });
  const [first, second] = samples[0]!.gaps;
  expect(excluded).toEqual(['special', 'unfit', 'constrained']);
  expect(first!.legalMass!.every((mass) => mass > 0 && mass < 1)).toBe(true);
  expect(first!.alternatives![0]!.map(({ token }) => token).sort()).toEqual(['a', 'c']);
  expect(second!.legalMass).toBeUndefined();
  const told = events.flatMap((event) => (event.type === 'gap-filled' ? [event.legalMass] : []));
  expect(told).toEqual([...first!.legalMass!, undefined]);
});

test('a gap goes on from the tokens of it that are kept, and one that is kept as a whole is nobody’s to ask of', async () => {
  const regex = '(?:ab|ba|c)+';
  for (let seed = 0; seed < 20; seed++) {
    const kept = new Map([
      [2, seed % 2],
      [7, 0],
    ]);
    const options = { temperature: 1, seed, gaps: [{ regex }, { choices: ['b'] }], speculate: seed % 3 };
    const { samples, events } = await run('ab[MASK*4]c[MASK*1]', { ...options, kept });
    expect(samples[0]!.gaps[0]!.text).toMatch(new RegExp(`^${['a', 'b'][seed % 2]}`));
    expect(samples[0]!.gaps[0]!.text).toMatch(new RegExp(`^(?:${regex})$`));
    expect(samples[0]!.gaps[1]!.text).toBe('a');
    expect(events.filter(({ type }) => type === 'gap-filled')).toHaveLength(3);
  }
});

test('an explanation tells which candidates are as asked, with the probabilities that they were chosen with', async () => {
  const text = 'ab[MASK*2]ca[MASK]';
  const gaps = [{ choices: ['ab', 'ca'] }];
  for (const kept of [undefined, new Map([[2, 0]])]) {
    const { samples, events } = await run(text, { gaps, ...(kept && { kept }) });
    const ids = Int32Array.from(samples[0]!.ids);
    const told = events.flatMap((event) => (event.type === 'gap-filled' ? [event] : []));
    const masked = told.map(({ position }) => position);
    const explained: ExplainedPosition[] = [];
    for await (const one of explain(model(), ids, masked, { text, gaps, candidates: 8 })) explained.push(one);
    for (const [i, { position, legalMass, candidates }] of explained.entries()) {
      expect(position).toBe(told[i]!.position);
      if (told[i]!.legalMass === undefined) {
        expect([legalMass, candidates[0]!.legal]).toEqual([undefined, undefined]);
        continue;
      }
      expect(legalMass).toBeCloseTo(told[i]!.legalMass!, 6);
      const legal = candidates.filter((one) => one.legal! > 0);
      const [first, second] = [['a', 'c'], [ids[2] === 0 ? 'b' : 'a']];
      expect(legal.map(({ token }) => token).sort()).toEqual(position === 2 ? first : second);
      expect(candidates.length).toBeGreaterThan(legal.length);
      expect(legal.reduce((sum, { fused }) => sum + fused, 0)).toBeCloseTo(legalMass!, 6);
      expect(candidates.find(({ id }) => id === ids[position])!.legal).toBeCloseTo(told[i]!.probability, 6);
    }
  }
});

test('fills that somebody else has put in are as asked, or it is told which is not', async () => {
  const unmet = (fills: readonly number[], ban: number[] = [9]) =>
    unmetGap(model(), 'ab[MASK*2]c[MASK]', Int32Array.of(0, 1, fills[0]!, fills[1]!, 2, fills[2]!), [
      { choices: ['ab', 'ca', 'abc'], ban },
      { case: 'lower' },
    ]);
  expect(await unmet([0, 1, 2])).toBeUndefined();
  expect(await unmet([3, 2, 2])).toBeUndefined();
  expect(await unmet([0, 0, 2])).toBe(0);
  // The beginning of a choice is none.
  expect(await unmet([2, 5, 2])).toBe(0);
  expect(await unmet([0, 1, 2], [1])).toBe(0);
});

describe('a denoiser', () => {
  const system = 'diffusion' as const;
  test('fills gaps of one token as asked, longer ones where each token can be told by itself', async () => {
    for (let seed = 0; seed < 40; seed++) {
      const { samples } = await run('ab[MASK]ca[MASK*3]', {
        system,
        sampler: seed % 2 === 0 ? 'low-confidence' : 'p2',
        temperature: 1,
        seed,
        gaps: [{ choices: ['ab', 'cc'] }, { ban: [0, 1], bias: { ' ': -40 } }],
      });
      const [first, second] = samples[0]!.gaps;
      expect(first!.text).toBe('ab');
      expect(second!.text).toMatch(/^(?:c|ab|ba){3}$/);
    }
  });

  test('refuses by name what hangs on several tokens', async () => {
    const asked = { regex: '[abc ]+', ban: ['b'], words: 1 } as const;
    await expect(run('ab[MASK*3]', { system, constraint: asked })).rejects.toMatchObject({
      code: 'constraint-unfit',
      message: expect.stringContaining('Cannot constrain gap 1 (regex, words, ban):'),
    });
  });
});

describe('refused before anything is read', () => {
  const refused = async (text: string, options: Parameters<typeof infill>[2]) => {
    const filler = model();
    const error = await run(text, options, filler).catch((thrown) => thrown);
    expect(filler.log).toEqual([]);
    return error.message;
  };
  test('a length that nothing has, with those that work', async () => {
    expect(await refused('ab[MASK]b[MASK*5]', { gaps: [{}, { choices: ['c', 'ac', 'ccccccc'] }] })).toBe(
      'Cannot fill gap 2: no fill of 5 tokens is as asked (choices); fills of 1 to 2 or 7 are.',
    );
  });
  test('what contradicts itself', async () => {
    expect(await refused('ab[MASK]b', { constraint: { choices: ['a'], ban: ['a'], case: 'lower' } })).toBe(
      'Cannot fill gap 1: no fill of up to 64 tokens is as asked (choices, ban, case).',
    );
  });
  test('fields of a gap that is not there, and kept tokens', async () => {
    expect(await refused('ab[MASK]b', { gaps: [{}, { words: 1 }] })).toMatch(
      /tells of 2 gaps, and there are 1/,
    );
    const kept = (position: number, id: number) =>
      refused('ab[MASK*2]b', { constraint: { regex: 'ab*' }, kept: new Map([[position, id]]) });
    expect(await kept(3, 0)).toBe(
      'Cannot constrain gap 1: its token at position 3 is kept, and one before it is not.',
    );
    expect(await kept(2, 1)).toBe(
      'Cannot fill gap 1: it begins with "b", which is kept, and with 1 token after that it is never as asked (regex).',
    );
  });
});
