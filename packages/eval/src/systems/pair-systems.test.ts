// The systems of a pair against the library: what they score and fill is what `score` and `infill` do, and likelihoods are chains.
import { embeddedFolder, loadModel } from '@maria/checkpoints';
import { logLikelihoods, type MariaModel, score } from '@maria/core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { wordsOf } from '../data/words.js';
import { gapLengths } from './fill-masked.js';
import { systemKinds } from './kinds.js';
import { maskedIds } from './masked-ids.js';
import { parseSystem, parseSystems } from './parse-system.js';
import type { Models, System } from './system.js';

const text = 'Once upon a time there was a little [MASK] girl, who had a dog. She was "very" happy.';
const words = wordsOf(text);
const masked = { text, spans: [words[3]!, words[6]!, words[7]!, words[11]!, words[14]!] };

let model: MariaModel;
beforeAll(async () => {
  model = await loadModel({ lanes: 2, threads: 1 });
});
afterAll(() => model.dispose());

const models = (loaded: () => MariaModel): Models => ({
  describe: async () => ({
    fingerprints: {},
    vocabulary: loaded().vocabulary,
    vocabularyHash: '',
    loadedAs: '',
  }),
  load: async () => loaded(),
  own: {},
  describeDenoiser: () => Promise.reject(new Error('not asked for')),
  loadDenoiser: () => Promise.reject(new Error('not asked for')),
});
async function open(kind: string, loaded = model): Promise<System> {
  const plan = await systemKinds[kind]!.plan(
    parseSystem(kind),
    models(() => loaded),
  );
  return plan.open();
}
const options = { temperature: 0, topP: 1, seed: 0, record: 0 };

describe('scores', () => {
  test('maria scores as the library does, over the ids that may be sampled', async () => {
    const { ids, masked: positions } = await maskedIds(masked, model);
    const expected = await score(model, { ids, masked: positions }, { suppressSpecial: true });
    const scored = await (await open('maria')).score(masked);
    expect(scored).toEqual({ nats: -expected.logLikelihood, tokens: positions.length });
  });

  test('mlm is a chain: each token is told once those before it are', async () => {
    const { ids, masked: positions } = await maskedIds(masked, model);
    let nats = 0;
    for (const k of positions.keys()) {
      const [first] = await logLikelihoods(model, ids, positions.slice(k), {
        system: 'mlm',
        suppressSpecial: true,
      });
      nats -= first!;
    }
    const scored = await (await open('mlm')).score(masked);
    expect(scored.nats).toBeCloseTo(nats, 3);
    const atOnce = await (await open('mlm-at-once')).score(masked);
    expect(Math.abs(atOnce.nats - nats)).toBeGreaterThan(0.01);
  });

  test('product is the untrained head of the same two models', async () => {
    const folder = embeddedFolder();
    const pair = await loadModel({ ar: `${folder}/ar`, mlm: `${folder}/mlm`, threads: 1 });
    try {
      const expected = await (await open('maria', pair)).score(masked);
      const product = await (await open('product')).score(masked);
      expect(product.tokens).toBe(expected.tokens);
      expect(product.nats).toBeCloseTo(expected.nats, 3);
    } finally {
      pair.dispose();
    }
  });

  test('do not depend on what is scored beside them', async () => {
    const one = await open('maria');
    const [alone] = [await one.score(masked)];
    const other = { text, spans: [words[9]!] };
    const [beside] = await Promise.all([one.score(masked), one.score(other)]);
    expect(beside).toEqual(alone);
  });
});

describe('fills', () => {
  test('every gap has a text, and all else stays, markers included', async () => {
    for (const kind of ['maria', 'product', 'ar', 'mlm']) {
      const { fills, text: whole, tokens } = await (await open(kind)).fill(masked, options);
      expect(fills).toHaveLength(masked.spans.length);
      expect(tokens).toBe((await gapLengths(masked, model)).reduce((a, b) => a + b));
      let rest = '';
      let at = 0;
      masked.spans.forEach(([start, end], i) => {
        rest += text.slice(at, start) + fills[i];
        at = end;
      });
      expect(whole).toBe(rest + text.slice(at));
      expect(whole).toContain('[MASK] ');
    }
  });

  test('a gap that begins with white space can be filled with it', async () => {
    const code = 'def f(x):\n    return x\n';
    const start = code.indexOf('    return');
    const given = { text: code, spans: [[start, code.length] as const] };
    const { ids, masked: positions } = await maskedIds(given, model);
    const { fills, text: whole, tokens } = await (await open('maria')).fill(given, options);
    expect(tokens).toBe(positions.length);
    expect(fills).toHaveLength(1);
    const before = model.vocabulary.decode(ids.subarray(0, positions[0]));
    expect(whole.startsWith(before.trimEnd())).toBe(true);
    expect(whole.endsWith(fills[0]!)).toBe(true);
  });

  test('belong to seed and record', async () => {
    const maria = await open('maria');
    const warm = { ...options, temperature: 1 };
    const texts = [];
    for (const record of [0, 0, 1]) texts.push((await maria.fill(masked, { ...warm, record })).text);
    expect(texts[1]).toBe(texts[0]);
    expect(texts[2]).not.toBe(texts[0]);
  });

  test('a system that only scores says so', async () => {
    const atOnce = await open('mlm-at-once');
    expect(() => atOnce.fill(masked, options)).toThrow(/"mlm-at-once": it only scores/);
  });
});

describe('names', () => {
  test('are kinds, models, and options', () => {
    expect(parseSystem('ar')).toEqual({ name: 'ar', kind: 'ar', model: undefined, options: {} });
    expect(parseSystem('mine=a/b=c')).toMatchObject({ name: 'mine', kind: 'maria', model: 'a/b=c' });
    expect(parseSystem('x=org/name,kind=mlm')).toMatchObject({ name: 'x', kind: 'mlm', model: 'org/name' });
    expect(parseSystem('again,kind=ar')).toMatchObject({ name: 'again', kind: 'ar', model: undefined });
  });

  test.each([
    ['', /does not begin with a name/],
    ['what', /there is no system of this name/],
    ['x=m,kind=what', /there is no kind "what"/],
    ['ar,steps=3', /the kind ar has no option "steps"/],
    ['ar,steps', /"steps" is no option=value/],
    ['x=m,kind=ar,kind=mlm', /says kind twice/],
  ])('%s makes no sense', (given, message) => {
    expect(() => parseSystem(given)).toThrow(message);
  });

  test('two of one name are refused', () => {
    expect(() => parseSystems(['ar', 'ar'])).toThrow(/two are called "ar"/);
  });
});
