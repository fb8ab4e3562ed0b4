// Known pairs: names of one word, ids behind them, and facts that hold together.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { isCommit, isRepositoryId } from '../hub/repository-id.js';
import { pairFacts } from '../memory/from-configs.js';
import { type KnownPair, knownPair, knownPairs, knownRepository } from './known-pairs.js';
import { resolveFolders } from './resolve-folders.js';

const modelsOf = ({ ar, mlm }: KnownPair) => [ar, mlm];

test('names are single words that are no ids, and models are ids, at whole commits', () => {
  expect(new Set(knownPairs.map(({ name }) => name)).size).toBe(knownPairs.length);
  for (const { name } of knownPairs) expect(name).toMatch(/^[a-z0-9.-]+$/);
  for (const { id, revision } of knownPairs.flatMap(modelsOf)) {
    expect([id, isRepositoryId(id)]).toEqual([id, true]);
    expect([id, revision === undefined || isCommit(revision)]).toEqual([id, true]);
  }
  expect(knownPair('ettin-150m')).toMatchObject({
    ar: { id: 'jhu-clsp/ettin-decoder-150m' },
    mlm: { id: 'jhu-clsp/ettin-encoder-150m' },
  });
  expect(knownRepository(knownPair('gpt2')!.ar)).toMatch(/^openai-community\/gpt2@[0-9a-f]{40}$/);
  expect(knownPair('toString')).toBeUndefined();
});

test('two models that look like a pair and are none are refused with the reason', () => {
  expect(() => knownPair('llammlein-120m')).toThrow(/^Cannot use llammlein-120m as a pair: .*WordPiece/);
});

test('a folder of that name comes first', async () => {
  const root = mkdtempSync(join(tmpdir(), 'maria-known-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  const before = process.cwd();
  process.chdir(root);
  onTestFinished(() => process.chdir(before));
  mkdirSync('ettin-17m');
  expect(await resolveFolders({ model: 'ettin-17m' }, {})).toEqual({ model: 'ettin-17m' });
});

/** How the files that the Hub lists hold their numbers, and what they hold beside them: masks that no program reads. */
const stored: Readonly<Record<string, { bytes: 2 | 4; masks?: number }>> = {
  'answerdotai/ModernBERT-large': { bytes: 4 },
  'allenai/OLMo-1B-0724-hf': { bytes: 4 },
  'allenai/OLMo-7B-0724-hf': { bytes: 4 },
  'EleutherAI/pythia-160m': { bytes: 2, masks: 12 * 2048 ** 2 },
  'EleutherAI/pythia-410m': { bytes: 2, masks: 24 * 2048 ** 2 },
  'EleutherAI/pythia-1b': { bytes: 2, masks: 16 * 2048 ** 2 },
  'distilbert/distilgpt2': { bytes: 4, masks: 6 * 4 * 1024 ** 2 },
  'FacebookAI/roberta-base': { bytes: 4 },
  'distilbert/distilroberta-base': { bytes: 4 },
  'meta-llama/Llama-3.2-1B': { bytes: 2 },
  'EuroBERT/EuroBERT-210m': { bytes: 4 },
  'EuroBERT/EuroBERT-2.1B': { bytes: 4 },
  'sbintuitions/sarashina2.2-1b': { bytes: 2 },
  'llm-jp/llm-jp-3-1.8b': { bytes: 2 },
  'llm-jp/llm-jp-modernbert-base': { bytes: 4 },
};

test('shapes give as many numbers as the files have room for', async () => {
  const checked = new Set<string>();
  for (const { ar, mlm } of knownPairs) {
    if (!ar.config || !mlm.config) continue;
    const { parameters } = await pairFacts(ar.config, mlm.config);
    for (const [model, count] of [
      [ar, parameters.ar],
      [mlm, parameters.mlm],
    ] as const) {
      if (model.download === undefined) continue;
      const { bytes, masks = 0 } = stored[model.id]!;
      // The Hub gives three digits, and a tokenizer has up to 18 MB.
      const difference = Math.abs(model.download - (count * bytes + masks));
      expect([model.id, difference < 0.01 * model.download + 18e6]).toEqual([model.id, true]);
      checked.add(model.id);
    }
  }
  expect([...checked].sort()).toEqual(Object.keys(stored).sort());
});

test('and as many as their makers count', async () => {
  const parametersOf = async (name: string) => {
    const { ar, mlm } = knownPair(name)!;
    return (await pairFacts(ar.config!, mlm.config!)).parameters;
  };
  expect((await parametersOf('olmo-1b')).mlm).toBe(395_881_664);
  expect((await parametersOf('pythia-160m')).mlm).toBe(149_655_232);
  const ettin = await parametersOf('ettin-17m');
  expect(ettin.ar / 17e6).toBeCloseTo(1, 1);
  expect(ettin.mlm / 17e6).toBeCloseTo(1, 1);
});

test('memory grows with the model and shrinks with quantisation', async () => {
  const totals: number[] = [];
  for (const name of ['ettin-17m', 'ettin-150m', 'ettin-1b']) {
    const { ar, mlm } = knownPair(name)!;
    const { memory, context, cacheTokens } = await pairFacts(ar.config!, mlm.config!);
    expect([context, cacheTokens]).toEqual([7999, 2048]);
    expect(memory.int8).toBeLessThan(memory.none);
    expect(memory.int4).toBeLessThan(memory.int8);
    totals.push(memory.none);
  }
  expect(totals).toEqual([...totals].sort((a, b) => a - b));
});
