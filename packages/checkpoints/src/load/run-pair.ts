// A pair on a backend: both backbones, the head, and each backbone's own output embedding.
import { allOrNone, type Backend, createExpert, createHead, type MariaModel } from '@maria/core';
import type { Backbone, LogitMatrix } from '../pair/pair.js';
import type { TracedPair } from '../pair/trace-pair.js';
import { findNonFiniteTensor } from './finite-weights.js';
import { type RunOptions, runBackbones } from './run-backbones.js';

export async function runPair(
  backend: Backend,
  pair: TracedPair,
  {
    passesAtOnce = 1,
    lanesByCost = false,
    ...options
  }: RunOptions & Partial<Pick<MariaModel, 'passesAtOnce' | 'lanesByCost'>> = {},
): Promise<MariaModel> {
  const V = pair.head.vocabularySize;
  const [backbones, head] = await allOrNone([
    runBackbones(backend, pair, options),
    createHead(backend, pair.head),
  ]);
  const experts = {
    ...(pair.ar.expert && { ar: expertOf(backend, V, pair.ar, pair.ar.expert) }),
    ...(pair.mlm.expert && { mlm: expertOf(backend, V, pair.mlm, pair.mlm.expert) }),
  };
  const parts = [backbones, head, ...Object.values(experts)];
  return {
    vocabularySize: V,
    ar: backbones.ar,
    mlm: backbones.mlm,
    head,
    experts,
    vocabulary: pair.vocabulary,
    rowsAreExact: backbones.rowsAreExact,
    passesAtOnce,
    lanesByCost,
    ...(pair.draftScale !== undefined && { draftScale: pair.draftScale }),
    ...(pair.refresh !== undefined && { refresh: pair.refresh }),
    alignment: pair.alignment,
    findNonFiniteTensor: () => findNonFiniteTensor(pair),
    interrupt: () => {
      for (const part of parts) part.interrupt();
    },
    dispose: () => {
      for (const part of parts) part.dispose();
    },
  };
}

/** What the backbone says alone: its whole output embedding, and what bounds its logits. */
function expertOf(backend: Backend, V: number, { architecture }: Backbone, expert: LogitMatrix) {
  return createExpert(backend, V, { ...expert, scale: 1 }, architecture.outputEmbedding.softcap);
}
