// Long sequences are filled and scored in windows as they would be as a whole, as far as the models see.
import { describe, expect, test } from 'vitest';
import { letterModel, maskId } from '../anneal/letter-model.test.support.js';
import { randomKey } from '../random.js';
import type { InfillEvent, InfillResult } from './events.js';
import { infill } from './infill.js';
import { score } from './score.js';
import { systemNames } from './systems.js';

const key = randomKey(6);

/** Letters with a gap now and then. The letter model sees no further than one token on each side. */
function longIds(length: number, gaps: number): { ids: number[]; masked: number[] } {
  const ids = Array.from({ length }, (_, i) => Math.floor(8 * key.uniform(0, i)));
  const masked = Array.from({ length: gaps }, (_, i) => Math.floor(((i + 0.5) * length) / gaps));
  for (const position of masked) ids[position] = maskId;
  return { ids, masked };
}

async function run(
  model: ReturnType<typeof letterModel>,
  input: string | number[],
  options: Parameters<typeof infill>[2],
): Promise<InfillResult & { events: InfillEvent[] }> {
  const events: InfillEvent[] = [];
  const steps = infill(model, input, options);
  for (;;) {
    const step = await steps.next();
    if (step.done) return { ...step.value, events };
    events.push(step.value);
  }
}

const large = () => letterModel({ capacity: 30_000, maxLength: 30_000 });

test('a denoiser, which reads a text as a whole, is refused', async () => {
  const options = { system: 'diffusion', window: 'auto' } as const;
  await expect(run(letterModel(), longIds(700, 40).ids, options)).rejects.toMatchObject({
    code: 'window-unfit',
  });
});

describe.each(systemNames.filter((name) => name !== 'diffusion'))('with the system %s', (system) => {
  test.each([0, 1])(
    'fills are those of a model that reads all at once, at temperature %d',
    async (temperature) => {
      const { ids } = longIds(700, 40);
      const options = { system, temperature, seed: 5, record: 2, samples: 2, alternatives: 2 };
      const whole = await run(large(), ids, options);
      const { windows, events, ...parts } = await run(letterModel(), ids, { ...options, window: 'auto' });
      expect(windows!.length).toBeGreaterThan(5);
      expect(parts.samples.map(({ ids: filled }) => filled)).toEqual(
        whole.samples.map(({ ids: filled }) => filled),
      );
      expect(parts.samples[0]!.ids).not.toContain(maskId);
      expect(parts.samples.map(({ gaps }) => gaps)).toEqual(whole.samples.map(({ gaps }) => gaps));
      expect(parts.samples[1]!.logLikelihood).toBeCloseTo(whole.samples[1]!.logLikelihood, 6);
      // What is told is told of the whole sequence, in the same words.
      expect(events[0]).toEqual({ type: 'windows-planned', windows });
      const told = (all: readonly InfillEvent[], type: InfillEvent['type']) =>
        all.flatMap((event) => (event.type === type ? [{ ...event, fed: 0, logLikelihood: 0 }] : []));
      for (const type of ['mlm-encoded', 'gap-filled', 'step-end', 'done'] as const)
        expect(told(events, type)).toEqual(told(whole.events, type));
    },
  );
});

test('20,000 tokens with 200 gaps through a context of 512: no pass is longer, and no more is read than is needed', async () => {
  const { ids, masked } = longIds(20_000, 200);
  const model = letterModel({ capacity: 512, maxLength: 512 });
  const { samples, windows } = await run(model, ids, { window: 'auto' });
  expect(samples[0]!.gaps.map(({ position }) => position)).toEqual(masked);
  expect(samples[0]!.ids.filter((id, i) => id !== ids[i])).toHaveLength(200);
  expect(samples[0]!.ids).not.toContain(maskId);
  const read = model.log.map((line) => Number(line.split(' ')[1]));
  expect(Math.max(...read)).toBeLessThanOrEqual(512);
  expect(model.log.filter((line) => line.startsWith('mlm'))).toHaveLength(windows!.length);
  expect(read.reduce((sum, tokens) => sum + tokens, 0)).toBeLessThan(4 * ids.length);
});

test('a later window sees what was filled before it, and what is still to fill is masked', async () => {
  const ids = longIds(300, 1).ids.map((id) => (id === maskId ? 0 : id));
  // The first and the second half of a run that is too long for one window.
  const masked = Array.from({ length: 48 }, (_, i) => 100 + i);
  for (const position of masked) ids[position] = maskId;
  const model = letterModel();
  const seen: number[][] = [];
  const { encode } = model.mlm;
  const watched = {
    ...model,
    mlm: {
      ...model.mlm,
      encode: async (sequences: Int32Array[]) => {
        seen.push(...sequences.map((sequence) => [...sequence]));
        return encode(sequences);
      },
    },
  };
  const { samples, windows } = await run(watched, ids, { window: 64, temperature: 1, seed: 4 });
  expect(windows!.map(({ tokens }) => tokens)).toEqual([32, 16]);
  const { start } = windows![1]!;
  expect(seen[1]!.slice(0, 132 - start)).toEqual(samples[0]!.ids.slice(start, 132));
  expect(seen[1]!.slice(132 - start, 148 - start)).toEqual(Array(16).fill(maskId));
  expect(seen[0]!.filter((id) => id === maskId).length).toBeGreaterThan(32);
});

test('a text keeps what is not filled, and each gap its place', async () => {
  const pieces = Array.from({ length: 30 }, (_, i) => 'abcdefgh'.repeat(3).slice(i % 5));
  const text = pieces.join('[MASK*2]');
  const { samples, windows } = await run(letterModel(), text, { window: 40, temperature: 1 });
  const { gaps } = samples[0]!;
  expect(windows!.length).toBeGreaterThan(5);
  expect(gaps).toHaveLength(29);
  expect(samples[0]!.text).toBe(pieces.map((piece, i) => piece + (gaps[i]?.text ?? '')).join(''));
  expect(gaps.every(({ text: fill }) => /^[a-h]{2}$/.test(fill))).toBe(true);
});

test('kept tokens stay, wherever the windows are', async () => {
  const { ids, masked } = longIds(400, 20);
  const kept = new Map([
    [masked[0]!, 1],
    [masked[7]!, 2],
    [masked[19]!, 3],
  ]);
  const whole = await run(large(), ids, { kept, temperature: 1 });
  const parts = await run(letterModel(), ids, { kept, temperature: 1, window: 40 });
  expect(parts.samples[0]!.gaps).toEqual(whole.samples[0]!.gaps);
  expect(parts.samples[0]!.gaps[7]).toMatchObject({ ids: [2], probabilities: [1] });
});

test('a sequence that fits does not depend on windows', async () => {
  const { ids } = longIds(50, 5);
  const whole = await run(letterModel(), ids, { temperature: 1 });
  expect(await run(letterModel(), ids, { temperature: 1, window: 'auto' })).toEqual(whole);
});

test('a gap that no window has room for is refused, and so is a text that is too long without windows', async () => {
  const text = `${'abc'.repeat(40)}[MASK]${'abc'.repeat(40)}[MASK*70]`;
  await expect(run(letterModel(), text, { window: 'auto' })).rejects.toMatchObject({
    code: 'gap-too-long',
    message: 'Cannot fill the text in windows: gap 2 has 70 tokens, and a window has room for 64.',
  });
  await expect(run(letterModel(), text, {})).rejects.toMatchObject({
    code: 'context-too-long',
    facts: { fitsInWindows: true },
  });
});

describe('scores', () => {
  test('are those of a model that reads all at once', async () => {
    const { ids, masked } = longIds(700, 40);
    const input = { ids: ids.map((id) => (id === maskId ? 3 : id)), masked };
    const whole = await score(large(), input);
    const { windows, ...parts } = await score(letterModel(), input, { window: 'auto' });
    expect(windows!.length).toBeGreaterThan(5);
    expect(parts.perToken).toEqual(whole.perToken);
    expect(parts.logLikelihood).toBe(whole.logLikelihood);
    await expect(score(letterModel(), input)).rejects.toMatchObject({ facts: { fitsInWindows: true } });
  });

  test('are those of filling, also where gaps are longer than half of a window', async () => {
    const { ids } = longIds(300, 12);
    for (let position = 150; position < 180; position++) ids[position] = maskId;
    const { samples, windows } = await run(letterModel(), ids, { window: 40, temperature: 1, seed: 9 });
    const masked = ids.flatMap((id, position) => (id === maskId ? [position] : []));
    const scored = await score(
      letterModel(),
      { ids: samples[0]!.ids, masked },
      { window: 40, suppressSpecial: true },
    );
    expect(scored.windows).toEqual(windows);
    expect(scored.logLikelihood).toBeCloseTo(samples[0]!.logLikelihood, 6);
  });

  test('of a text in which everything is masked are there for each token', async () => {
    const text = 'abcdefgh'.repeat(40);
    const { perToken, masked, windows } = await score(
      letterModel(),
      { text, maskRate: 1 },
      { window: 'auto' },
    );
    expect(perToken).toHaveLength(320);
    expect(masked).toHaveLength(320);
    expect(windows!.reduce((sum, { tokens }) => sum + tokens, 0)).toBe(320);
  });

  test('name the position of a token that is left out', async () => {
    const { ids } = longIds(200, 1);
    const special = ids.map((_, i) => (i === 150 ? maskId + 1 : 1));
    const scoring = score(
      letterModel(),
      { ids: special, masked: [20, 150] },
      { window: 40, suppressSpecial: true },
    );
    await expect(scoring).rejects.toThrow('Cannot score the token at position 150');
  });
});
