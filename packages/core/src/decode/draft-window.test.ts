// The policy alone, with costs that are made up: no clock.
import { describe, expect, it } from 'vitest';
import { randomKey } from '../random.js';
import type { DraftQuality } from './draft-chances.js';
import { DraftWindow, fixedPlan, type Plan, SequenceWindow, type WindowCosts } from './draft-window.js';
import { PassCost } from './pass-cost.js';

const sure: DraftQuality = { lead: 7, isMended: false };
const unsure: DraftQuality = { lead: 0, isMended: false };
const mended: DraftQuality = { lead: 1, isMended: true };

interface Setup {
  readonly pass?: number;
  readonly row?: number;
  readonly sequences?: number;
  readonly mostSharing?: number;
  readonly window?: DraftWindow;
  readonly tokensPerGap?: number;
  readonly most?: number;
}

/** A sequence of 100 gaps. */
function sequence({
  pass = 1,
  row = 0.05,
  sequences = 1,
  mostSharing = 8,
  window,
  tokensPerGap = 2,
  most = 64,
}: Setup) {
  const costs: WindowCosts = {
    ar: { of: (rows) => pass + row * rows },
    head: { of: (rows) => 0.01 * rows },
    sequences,
    mostSharing,
  };
  const positions = Array.from({ length: 100 }, (_, i) => (i + 1) * tokensPerGap - 1);
  return new SequenceWindow(window ?? taught(), () => costs, {
    positions,
    length: 100 * tokensPerGap,
    most,
  });
}

/** A window that has seen drafts of each kind be right as often as is said, and has gained by it. */
function taught({ sureRight = 0.95, unsureRight = 0.1, mendedRight = 0 } = {}): DraftWindow {
  const window = new DraftWindow();
  for (let i = 0; i < 1000; i++) {
    window.chances.tell(mended, (i * mendedRight) % 1 >= 1 - mendedRight);
    window.chances.tell(sure, (i * sureRight) % 1 >= 1 - sureRight);
    window.chances.tell(unsure, (i * unsureRight) % 1 >= 1 - unsureRight);
  }
  window.settled(1000, 0);
  for (let i = 0; i < 4; i++) window.mayRead();
  window.read(32);
  return window;
}

/** Drafts as far as the plan wants them, the same ones in turns. */
function decided(plan: Plan, ...drafts: readonly DraftQuality[]): { made: number; read: number } {
  let made = 0;
  while (plan.wantsMore()) plan.add(drafts[made++ % drafts.length]!);
  return { made, read: plan.decide() };
}

/** So many passes of one sequence after the other. Each settles one gap, and the drafts that it read where these are right. */
function passes(count: number, setup: Setup, draft: DraftQuality, areRight = false) {
  let text = sequence(setup);
  let next = 0;
  return Array.from({ length: count }, () => {
    if (next > 80) {
      text = sequence(setup);
      next = 0;
    }
    const plan = decided(text.plan(next), draft);
    next += 1 + (areRight ? plan.read : 0);
    return plan;
  });
}

/** Milliseconds of a pass by its rows: of the embedded pair, of a large one as int8, and where rows cost as much as passes, or nothing. */
const machines: Record<string, (rows: number) => number> = {
  small: (rows) => 1.6 + 0.1 * rows,
  large: (rows) => Math.min(38 + 3.2 * rows, 60 + 2 * rows),
  'dear rows': (rows) => 5 * rows,
  'free rows': () => 10,
};

/**
 * How much faster texts are with drafts than without, where each draft is right with one chance, whatever its lead. Costs are measured as
 * they come: two rows are what a pass without drafts reads, and nothing tells what more cost.
 */
function speedOf(ar: (rows: number) => number, chance: number, gapsOfText: number, texts: number): number {
  const head = (rows: number) => 0.1 + 0.05 * rows;
  const costs = { ar: new PassCost(), head: new PassCost(), sequences: 1, mostSharing: 8 };
  const random = randomKey(1);
  let drawn = 0;
  const draw = (isMended: boolean) => ({
    lead: 8 * random.uniform(0, drawn),
    isMended,
    isRight: random.uniform(1, drawn++) < chance,
  });
  const window = new DraftWindow();
  const guessMs = 0.05;
  // The first one runs in code that is not compiled yet.
  window.tellGuess(10 * guessMs);
  const positions = Array.from({ length: gapsOfText }, (_, i) => 2 * i + 1);
  let ms = 0;
  for (let text = 0; text < texts; text++) {
    const sequence = new SequenceWindow(window, () => costs, { positions, length: 2 * gapsOfText, most: 64 });
    const drafts = new Map<number, ReturnType<typeof draw>>();
    const make = (index: number, isMended: boolean) => {
      drafts.set(index, draw(isMended));
      window.tellGuess(guessMs);
      ms += guessMs;
    };
    for (let index = 0; index < gapsOfText; ) {
      const plan = sequence.plan(index);
      for (let i = index; i < gapsOfText - 1 && plan.wantsMore(); i++) {
        if (!drafts.has(i)) make(i, false);
        plan.add(drafts.get(i)!);
      }
      const last = index + plan.decide();
      for (const [cost, rows, of] of [
        [costs.ar, 2 * (last - index + 1), ar],
        [costs.head, last - index + 1, head],
      ] as const) {
        cost.add(rows, of(rows) * (0.95 + 0.1 * random.uniform(2, drawn++)));
        ms += of(rows);
      }
      // The first that is wrong is settled by the same pass, and one that was not read is compared with what that gives.
      let isRight = true;
      for (; index <= last && isRight; index++) {
        const draft = drafts.get(index);
        if (draft) window.chances.tell(draft, draft.isRight);
        isRight = draft?.isRight ?? true;
        if (!isRight) for (let i = index + 1; i <= last; i++) make(i, true);
      }
    }
    sequence.end();
  }
  return (texts * gapsOfText * (ar(2) + head(1))) / ms;
}

describe('a plan', () => {
  it('reads sure drafts as long as they are likely all right', () => {
    const { read } = decided(sequence({}).plan(0), sure);
    expect(read).toBeGreaterThan(5);
    expect(read).toBeLessThan(40);
  });

  it('reads as many as may be where rows cost nothing', () => {
    const window = taught({ sureRight: 1 });
    expect(decided(sequence({ row: 0, most: 30, window }).plan(0), sure).read).toBe(30);
  });

  it('stops before the end', () => {
    expect(decided(sequence({ row: 0 }).plan(97), sure).read).toBe(2);
    expect(decided(sequence({ row: 0 }).plan(99), sure)).toEqual({ made: 0, read: 0 });
  });

  it('leaves unsure drafts where rows are dear', () => {
    expect(decided(sequence({ row: 0.5 }).plan(0), unsure).read).toBe(0);
    expect(decided(sequence({ row: 0.5 }).plan(0), sure).read).toBeGreaterThan(0);
  });

  it('ends at the first draft that is likely wrong', () => {
    const { read } = decided(sequence({ row: 0.3 }).plan(0), sure, sure, unsure, sure);
    expect(read).toBe(2);
  });

  it('reads unsure drafts to have them mended', () => {
    const read = (mendedRight: number) =>
      decided(sequence({ row: 0.2, window: taught({ mendedRight }) }).plan(0), unsure).read;
    expect(read(0)).toBe(0);
    expect(read(0.99)).toBeGreaterThan(0);
  });

  it('shrinks where others share what a pass costs by itself', () => {
    const alone = decided(sequence({ row: 0.2 }).plan(0), sure).read;
    const beside = decided(sequence({ row: 0.2, sequences: 8 }).plan(0), sure).read;
    expect(beside).toBeLessThan(alone);
    expect(decided(sequence({ row: 0.2, sequences: 8 }).plan(0), unsure).read).toBe(0);
  });

  it('is never made where many share a pass', () => {
    const free = (sequences: number) => decided(sequence({ row: 0, sequences }).plan(0), sure);
    expect(free(8).read).toBeGreaterThan(5);
    expect(free(9)).toEqual({ made: 0, read: 0 });
  });

  it('is never made beside another pass', () => {
    expect(decided(sequence({ row: 0, mostSharing: 0 }).plan(0), sure)).toEqual({ made: 0, read: 0 });
  });

  it('takes rows that fill a small pass up for free, but not those of a pass that others fill', () => {
    const costs = (sequences: number): WindowCosts => ({
      ar: { of: (rows) => Math.max(1, 0.1 * rows) },
      head: { of: () => 0.1 },
      sequences,
      mostSharing: 8,
    });
    const text = { positions: [5, 6, 7, 8, 20, 21, 40, 41], length: 48, most: 64 };
    const read = (sequences: number) =>
      decided(new SequenceWindow(taught({ unsureRight: 0.3 }), () => costs(sequences), text).plan(1), unsure)
        .read;
    expect(read(1)).toBeGreaterThan(0);
    expect(read(8)).toBe(0);
  });

  it('makes no draft that costs more than it may gain, but for a few to learn what they cost', () => {
    const window = taught();
    window.tellGuess(5);
    const made = passes(20, { window }, sure).map((plan) => plan.made);
    expect(made.reduce((sum, count) => sum + count)).toBe(4);
    expect(made.at(-1)).toBe(0);
  });

  it('makes them where only the first was dear', () => {
    const window = taught();
    window.tellGuess(5);
    window.tellGuess(0.05);
    expect(passes(20, { window }, sure, true).some(({ read }) => read > 0)).toBe(true);
  });
});

describe('drafts that gain nothing', () => {
  it('are made now and then to compare them, in little of the time, and not read', () => {
    const window = taught();
    window.tellGuess(0.1);
    // A pass without drafts takes 2.01 ms.
    const plans = passes(1041, { row: 0.5, window }, unsure);
    const madeFrom = (first: number) => plans.slice(first).reduce((sum, plan) => sum + plan.made, 0);
    expect(madeFrom(0) - madeFrom(64)).toBeGreaterThan(30);
    expect(madeFrom(64)).toBeGreaterThan(10);
    expect(madeFrom(64) * 0.1).toBeLessThan(0.002 * (1041 - 64) * 2.01);
    expect(plans.filter(({ read }) => read > 0)).toEqual([]);
  });

  it('are made again once they gain', () => {
    const window = taught();
    window.tellGuess(0.01);
    passes(64, { window }, unsure);
    passes(640, { window }, sure, true);
    expect(passes(2, { window }, sure).every(({ read }) => read > 0)).toBe(true);
  });
});

describe('drafts of unknown quality', () => {
  const cases = Object.keys(machines).flatMap((name) =>
    [0, 0.2, 0.4, 0.7].flatMap((chance) => [1, 30].map((texts) => [name, chance, texts] as const)),
  );

  it.each(cases)(
    'on %s, right with a chance of %d, make %i texts at most 0.03 slower, one by a pass',
    (name, chance, texts) => {
      expect(speedOf(machines[name]!, chance, 24, texts)).toBeGreaterThan(texts === 1 ? 0.95 : 0.97);
    },
  );

  it('are used once they are known to be good, as far ahead as they gain most', () => {
    for (const name of ['small', 'large']) {
      expect(speedOf(machines[name]!, 0.8, 24, 30)).toBeGreaterThan(1.6);
      expect(speedOf(machines[name]!, 0.6, 24, 30)).toBeGreaterThan(1.25);
      expect(speedOf(machines[name]!, 0.7, 127, 4)).toBeGreaterThan(1.45);
    }
  });
});

it('what passes took at first does not put off looks for long', () => {
  const window = new DraftWindow();
  window.tellGuess(5);
  for (let i = 0; i < 4; i++) window.looked(0, 1, 1e-6);
  const made = passes(40, { pass: 400, window }, unsure).filter((plan) => plan.made > 0);
  expect(made.length).toBeGreaterThan(0);
});

it('what making drafts cost at first does not count once they cost less', () => {
  const window = new DraftWindow();
  for (let i = 0; i < 4; i++) {
    expect(window.look(2)).toBe('one');
    window.tellGuess(0.6);
    window.looked(0.5, 1, 2);
  }
  expect(window.look(2)).toBe('one');
  for (let i = 0; i < 4; i++) window.tellGuess(0.05);
  expect(window.look(2)).toBe('paying');
});

it('a few wrong ones at first do not make mended drafts seem worthless: only those that are read are checked', () => {
  const { chances } = new DraftWindow();
  for (let i = 0; i < 3; i++) chances.tell(mended, false);
  expect(chances.mended).toBeGreaterThan(0.5);
  expect(chances.of(mended)).toBeGreaterThan(0.5);
  for (let i = 0; i < 100; i++) chances.tell(mended, false);
  expect(chances.mended).toBeLessThan(0.1);
});

it('chances are as much lower, or higher, for kinds of drafts that were never checked', () => {
  const { chances } = taught({ sureRight: 0.3, unsureRight: 0.02 });
  expect(chances.of({ lead: 3.5, isMended: false })).toBeLessThan(0.4);
  expect(new DraftWindow().chances.of({ lead: 3.5, isMended: false })).toBeCloseTo(0.65);
});

it('a fixed plan reads what it is told', () => {
  expect(decided(fixedPlan(3), unsure)).toEqual({ made: 3, read: 3 });
  expect(decided(fixedPlan(0), sure)).toEqual({ made: 0, read: 0 });
});
