// The pair against its PyTorch goldens on every backend: MARIA logits, log-likelihoods, greedy fills.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fingerprint, loadModel, openCheckpoint, writeMariaCheckpoint } from '@maria/checkpoints';
import { type Alignment, infill, type MariaModel, score, teacherForcedLogits } from '@maria/core';
import { backendNames } from '@maria/kernels';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isSimulated } from './backends.js';
import {
  type GoldenPair,
  goldenFolder,
  maxDifference,
  openGoldenTensors,
  readGoldenJson,
} from './golden-files.js';

const tolerance = 1e-4;

const pair = readGoldenJson<GoldenPair>('pairs/olmo+modernbert.json');
const pairTensors = openGoldenTensors('pairs/olmo+modernbert.safetensors');
const noAlignment: Alignment = { arPrefix: [], mlmPrefix: [], mlmSuffix: [] };

// The kernels in JavaScript take seconds for each text.
const heads = { all: ['poe', 'other'], some: ['other'] } as const;
const cases = { all: Object.entries(pair.cases), some: Object.entries(pair.cases).slice(0, 1) };

describe.each(backendNames)('olmo+modernbert on %s', (backend) => {
  const extent = isSimulated(backend) ? 'some' : 'all';
  describe.each(heads[extent])('head %s', (headName) => {
    let model: MariaModel;
    let folder: string;

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'maria-golden-'));
      const folders = { ar: `${goldenFolder}models/olmo`, mlm: `${goldenFolder}models/modernbert` };
      if (headName === 'poe') {
        model = await loadModel({ ...folders, backend, arPrefix: 'none', mlmTemplate: 'none' });
      } else {
        const [ar, mlm] = [openCheckpoint(folders.ar), openCheckpoint(folders.mlm)];
        await writeMariaCheckpoint(folder, {
          head: splitHead('other'),
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

    it.each(cases[extent])('%s: logits, log-likelihoods and greedy ids', async (name, golden) => {
      const ids = Int32Array.from(golden.ids);
      const expected = pairTensors.floats(`${name}.${headName}.logits`);
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

      const run = infill(model, golden.masked_ids, { speculate: 0 });
      let next = await run.next();
      while (!next.done) next = await run.next();
      expect(next.value.samples[0]!.ids).toEqual(numbers.greedy_suppressed);
      expect(next.value.passes).toEqual({ mlm: 1, ar: golden.masked.length });
    });
  });
});

/** W3 [V, dAR + dMLM] and bias [V] of the golden, as the two halves that a checkpoint holds. */
function splitHead(name: 'poe' | 'other') {
  const [V, columns] = pairTensors.shape(`${name}.W3`) as [number, number];
  const W3 = pairTensors.floats(`${name}.W3`);
  const part = (start: number, end: number) => {
    const matrix = new Float32Array(V * (end - start));
    for (let i = 0; i < V; i++)
      matrix.set(W3.subarray(i * columns + start, i * columns + end), i * (end - start));
    return matrix;
  };
  const dAr = 64;
  return {
    vocabularySize: V,
    ar: part(0, dAr),
    mlm: part(dAr, columns),
    bias: pairTensors.floats(`${name}.bias`),
  };
}
