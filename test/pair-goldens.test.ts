// Pairs against their PyTorch goldens on every backend: MARIA logits, log-likelihoods, greedy fills.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fingerprint, loadModel, openCheckpoint, writeMariaCheckpoint } from '@maria/checkpoints';
import {
  type Alignment,
  infill,
  logLikelihoods,
  type MariaModel,
  score,
  teacherForcedLogits,
} from '@maria/core';
import { backendNames } from '@maria/kernels';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isSlow } from './backends.js';
import {
  familyGoldens,
  type GoldenPair,
  type GoldenTensors,
  goldenFolder,
  maxDifference,
  openGoldenTensors,
  readGoldenJson,
} from './golden-files.js';

const tolerance = 1e-4;

const noAlignment: Alignment = { arPrefix: [], mlmPrefix: [], mlmSuffix: [] };

/** Where each lies, and what its models are called there. */
const pairs = [
  ['', 'olmo', 'modernbert'],
  [familyGoldens, 'modernbert_decoder', 'modernbert'],
  [familyGoldens, 'llama', 'eurobert'],
  [familyGoldens, 'gemma2', 'modernbert_gemma'],
] as const;
const opened = pairs.map(([tree, arName, mlmName]) => {
  const path = `${tree}pairs/${arName}+${mlmName}`;
  const folderOf = (name: string) => `${goldenFolder}${tree}models/${name}`;
  return {
    name: `${arName}+${mlmName}`,
    alone: readGoldenJson<GoldenModel>(`${tree}goldens/${arName}.json`),
    folders: { ar: folderOf(arName), mlm: folderOf(mlmName) },
    pair: readGoldenJson<GoldenPair>(`${path}.json`),
    tensors: openGoldenTensors(`${path}.safetensors`),
  };
});

interface GoldenModel {
  sequences: Record<string, { ids: number[]; next_token_loglik?: number }>;
}

// Slow kernels take seconds for each text.
const heads = { all: ['poe', 'other'], some: ['other'] } as const;
const caseNames = { all: Object.keys(opened[0]!.pair.cases), some: ['random50'] };

const setups = backendNames.flatMap((backend) => opened.map((golden) => ({ backend, ...golden })));

describe.each(setups)('$name on $backend', ({ backend, folders, alone, pair, tensors }) => {
  const extent = isSlow(backend) ? 'some' : 'all';
  describe.each(heads[extent])('head %s', (headName) => {
    let model: MariaModel;
    let folder: string;

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'maria-golden-'));
      if (headName === 'poe') {
        model = await loadModel({ ...folders, backend, arPrefix: 'none', mlmTemplate: 'none' });
      } else {
        const [ar, mlm] = [openCheckpoint(folders.ar), openCheckpoint(folders.mlm)];
        await writeMariaCheckpoint(folder, {
          head: splitHead(tensors, 'other', ar.config.hidden_size as number),
          alignment: noAlignment,
          ar,
          mlm,
          fingerprints: { ar: fingerprint(ar.weights), mlm: fingerprint(mlm.weights) },
        });
        model = await loadModel({ model: folder, backend });
      }
    });
    afterAll(async () => {
      model.dispose();
      await rm(folder, { recursive: true });
    });

    it.each(caseNames[extent])('%s: logits, log-likelihoods and greedy ids', async (name) => {
      const golden = pair.cases[name]!;
      const ids = Int32Array.from(golden.ids);
      const expected = tensors.floats(`${name}.${headName}.logits`);
      const logits: number[] = [];
      for await (const row of teacherForcedLogits(model, ids, golden.masked, { chunk: 7 }))
        logits.push(...row);
      expect(maxDifference(logits, expected)).toBeLessThan(tolerance);

      const numbers = golden[headName];
      const scored = await score(model, golden);
      expect(Math.abs(scored.logLikelihood - numbers.loglik)).toBeLessThan(1e-3);
      expect(maxDifference(scored.perToken, numbers.loglik_per_position)).toBeLessThan(1e-3);
      const suppressed = await score(model, golden, { suppressSpecial: true });
      expect(Math.abs(suppressed.logLikelihood - numbers.loglik_suppressed)).toBeLessThan(1e-3);

      for (const speculate of [0, 4]) {
        const run = infill(model, golden.masked_ids, { speculate });
        let next = await run.next();
        while (!next.done) next = await run.next();
        const { samples, passes } = next.value;
        expect(samples[0]!.ids).toEqual(numbers.greedy_suppressed);
        if (speculate === 0) expect(passes).toEqual({ mlm: 1, ar: golden.masked.length });
      }
    });

    const told = Object.values(alone.sequences).filter(({ next_token_loglik }) => next_token_loglik);
    if (headName !== 'poe' || told.length === 0) return;
    it('the AR model alone, with logits as it returns them', async () => {
      for (const { ids, next_token_loglik: expected } of told) {
        const masked = ids.map((_, i) => i).slice(1);
        const perToken = await logLikelihoods(model, Int32Array.from(ids), masked, { system: 'ar' });
        const total = perToken.reduce((a, b) => a + b, 0);
        expect(Math.abs(total - expected!)).toBeLessThan(1e-3);
      }
    });
  });
});

/** W3 [V, dAR + dMLM] and bias [V] of the golden, as the two halves that a checkpoint holds. */
function splitHead(tensors: GoldenTensors, name: 'poe' | 'other', dAr: number) {
  const [V, columns] = tensors.shape(`${name}.W3`) as [number, number];
  const W3 = tensors.floats(`${name}.W3`);
  const part = (start: number, end: number) => {
    const matrix = new Float32Array(V * (end - start));
    for (let i = 0; i < V; i++)
      matrix.set(W3.subarray(i * columns + start, i * columns + end), i * (end - start));
    return matrix;
  };
  return {
    vocabularySize: V,
    ar: part(0, dAr),
    mlm: part(dAr, columns),
    bias: tensors.floats(`${name}.bias`),
  };
}
