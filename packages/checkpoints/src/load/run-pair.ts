// A pair on a backend: both backbones, the head, and each backbone's own output embedding.
import { allOrNone, type Backend, createExpert, createHead, DataError, type MariaModel } from '@maria/core';
import type { Backbone } from '../pair/pair.js';
import type { TracedPair } from '../pair/trace-pair.js';
import { findNonFiniteTensor } from './finite-weights.js';
import { runBackbones } from './run-backbones.js';

export async function runPair(backend: Backend, pair: TracedPair): Promise<MariaModel> {
  const V = pair.head.vocabularySize;
  const [backbones, head] = await allOrNone([runBackbones(backend, pair), createHead(backend, pair.head)]);
  const experts = {
    ar: expertOf(backend, V, pair.ar, 'AR model'),
    mlm: expertOf(backend, V, pair.mlm, 'MLM'),
  };
  const parts = [backbones, head, experts.ar, experts.mlm];
  return {
    ar: backbones.ar,
    mlm: backbones.mlm,
    head,
    experts,
    vocabulary: pair.vocabulary,
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

/** A backbone alone, with its own output embedding. */
function expertOf(backend: Backend, vocabularySize: number, { expert }: Backbone, what: string) {
  if (expert) return createExpert(backend, vocabularySize, { ...expert, scale: 1 });
  return {
    logits: async () => {
      throw new DataError(
        'expert-missing',
        `Cannot ask the ${what} alone: the MARIA checkpoint holds no output embedding of it.`,
        { try: 'Use the backbones themselves, with --ar and --mlm.' },
      );
    },
    interrupt: () => {},
    dispose: () => {},
  };
}
