// A MARIA checkpoint as published: one set of tensors with both backbones and the head, and one tokenizer.

import type { Architecture } from '@maria/core';
import { findParts } from '../published/find-parts.js';
import type { FoundPart } from '../published/maria-parts.js';
import { prefixedWeights } from '../published/prefixed-weights.js';
import { openCheckpoint } from '../weights/checkpoint.js';
import type { StoredTensors } from '../weights/stored-tensors.js';
import type { Backbone, Pair, PairOptions } from './pair.js';
import { alignmentOf, vocabularyOf, withMask } from './vocabulary-of.js';

/** @throws DataError with a listing when the parts cannot be told */
export function openPublished(folder: string, options: PairOptions): Pair {
  const checkpoint = openCheckpoint(folder);
  const source = checkpoint.weights;
  const { ar, mlm, head, summary } = findParts(source, checkpoint.config, folder);
  options.onNote?.(summary);
  if (head.decidedBy === 'default')
    options.onWarning?.(
      `Nothing in ${folder} says which half of its head is the AR model's; the first is taken. If the fills make no sense, put "head_order": "mlm_ar" into its config.json.`,
    );
  const vocabulary = vocabularyOf(checkpoint, 'MARIA model');
  return {
    ar: backboneOf(source, ar),
    mlm: backboneOf(source, mlm),
    vocabulary: withMask(vocabulary, `the MARIA model in ${folder}`),
    alignment: alignmentOf(options, ar.architecture.sizes, vocabulary, vocabulary, (id) => id),
    head: {
      vocabularySize: head.rows,
      ar: { source, ...head.ar, hiddenSize: ar.architecture.sizes.hiddenSize },
      mlm: { source, ...head.mlm, hiddenSize: mlm.architecture.sizes.hiddenSize },
    },
    sources: new Map([['the MARIA model', source]]),
  };
}

function backboneOf<A extends Architecture>(
  source: StoredTensors,
  { architecture, prefix, output }: FoundPart<A>,
): Backbone<A> {
  return {
    architecture,
    weights: prefixedWeights(source, prefix),
    expert: output && { source, ...output, scale: 0.5, hiddenSize: architecture.sizes.hiddenSize },
  };
}
