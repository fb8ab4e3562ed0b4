// Systems of a denoiser: what they score and fill is what the library does, whatever stands beside a text, and bad options say so.
import { type DenoiserModel, embeddedFolder, loadDenoiser } from '@maria/checkpoints';
import { diffusionLikelihood } from '@maria/core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { wordsOf } from '../data/words.js';
import { systemKinds } from './kinds.js';
import { maskedIds } from './masked-ids.js';
import { parseSystem } from './parse-system.js';
import type { Models, NamedDenoiser, SystemPlan } from './system.js';

const text = 'Once upon a time there was a little girl, who had a dog. She was very happy.';
const words = wordsOf(text);
const masked = { text, spans: [words[3]!, words[6]!, words[7]!, words[11]!, words[14]!] };

let model: DenoiserModel;
beforeAll(async () => {
  model = await loadDenoiser({ threads: 1 });
});
afterAll(() => model.dispose());

const asked: NamedDenoiser[] = [];
const models = (own: Models['own'] = {}): Models => ({
  own,
  describe: () => Promise.reject(new Error('not asked for')),
  load: () => Promise.reject(new Error('not asked for')),
  describeDenoiser: async (named) => {
    asked.push(named);
    const { denoiser: form, vocabulary } = model;
    return { fingerprints: {}, vocabulary, vocabularyHash: '', loadedAs: '', form };
  },
  loadDenoiser: async () => model,
});
const plan = (given: string, own?: Models['own']): Promise<SystemPlan> => {
  const spec = parseSystem(given);
  return systemKinds[spec.kind]!.plan(spec, models(own));
};
const scored = async (given: string, of = masked) => (await (await plan(given)).open()).score(of);
const options = { temperature: 0, topP: 1, seed: 0, record: 0 };

describe('scores', () => {
  test('are exact in the order of a sampler that has one', async () => {
    const { likelihood, identity } = await plan('diffusion,sampler=entropy,steps=3');
    expect(likelihood).toEqual({ kind: 'exact', how: 'DUEL, entropy, 3 steps' });
    expect(identity).toEqual({ kind: 'diffusion', sampler: 'entropy', steps: 3 });
    const { ids, masked: positions } = await maskedIds(masked, model);
    const expected = await diffusionLikelihood(model, ids, positions, { sampler: 'entropy', steps: 3 });
    const found = await scored('diffusion,sampler=entropy,steps=3');
    expect(found).toEqual({ nats: -expected, tokens: positions.length });
    expect((await scored('diffusion,sampler=entropy')).nats).not.toBe(found.nats);
  });

  test('are bounds where orders are drawn, and the draws belong to seed and text', async () => {
    expect((await plan('diffusion,sampler=ddpm')).likelihood).toEqual({
      kind: 'bound',
      how: 'ELBO, 16 draws',
    });
    const first = await scored('diffusion,sampler=p2,draws=4');
    await scored('diffusion,sampler=p2,draws=4', { text, spans: [words[9]!] });
    expect(await scored('diffusion,sampler=origin,draws=4')).toEqual(first);
    expect((await scored('diffusion,sampler=p2,draws=4,seed=1')).nats).not.toBe(first.nats);
    expect((await scored('diffusion,sampler=p2,draws=5')).nats).not.toBe(first.nats);
  });
});

test('fills leave what is known, and belong to seed and record', async () => {
  const system = await (await plan('diffusion,sampler=p2,steps=4')).open();
  const warm = { ...options, temperature: 3 };
  const texts = [];
  for (const record of [0, 0, 1]) {
    const { fills, text: whole, tokens } = await system.fill(masked, { ...warm, record });
    expect(fills).toHaveLength(masked.spans.length);
    expect(tokens).toBeGreaterThanOrEqual(fills.length);
    expect(whole).toMatch(/^Once upon a .* there was .*, who had .* dog\. She /s);
    texts.push(whole);
  }
  expect(texts[1]).toBe(texts[0]);
  expect(texts[2]).not.toBe(texts[0]);
});

describe('names', () => {
  test('are options, and a model of its own, or the MLM of the run', async () => {
    await plan('x=org/llada,steps=32,tokenizer=t,mask-id=7,family=llada');
    expect(asked.at(-1)).toEqual({ denoiser: 'org/llada', tokenizer: 't', maskId: 7, family: 'llada' });
    await plan('diffusion', { ar: 'a', mlm: 'b' });
    expect(asked.at(-1)).toEqual({ denoiser: 'b' });
    await plan('diffusion');
    expect(asked.at(-1)).toEqual({});
    await expect(plan('diffusion', { model: 'm' })).rejects.toMatchObject({ code: 'denoiser-missing' });
  });

  test('a model is a denoiser by its files, its name on the Hub, or options that only denoisers have', () => {
    const kinds = [
      `x=${embeddedFolder()}/mlm`,
      `x=${embeddedFolder()}`,
      'x=GSAI-ML/LLaDA-8B-Base',
      'x=org/name',
      'x=org/name,steps=8',
      'x=org/name+org/other',
    ].map((given) => parseSystem(given).kind);
    expect(kinds).toEqual(['diffusion', 'maria', 'diffusion', 'maria', 'diffusion', 'maria']);
  });

  test.each([
    ['diffusion,sampler=what', /there is no sampler "what"/],
    ['diffusion,sampler=analytic', /its sampler "analytic" does not fit/],
    ['diffusion,sampler=p2,block-length=4', /blocks of 4 tokens: the sampler "p2" has no blocks/],
    ['diffusion,steps=0', /steps is "0"/],
    ['diffusion,draws=1.5', /draws is "1.5"/],
    ['diffusion,guidance=-1', /guidance is "-1"/],
    ['diffusion,seed=4294967296', /seed is "4294967296"/],
  ])('%s makes no sense', async (given, message) => {
    await expect(plan(given)).rejects.toMatchObject({
      exitStatus: 2,
      message: expect.stringMatching(message),
    });
  });
});
