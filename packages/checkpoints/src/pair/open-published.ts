// A MARIA checkpoint as published: one set of tensors with both backbones and the head, and one tokenizer.

import type { Architecture } from '@maria/core';
import { findParts } from '../published/find-parts.js';
import type { FoundPart } from '../published/maria-parts.js';
import { prefixedWeights } from '../published/prefixed-weights.js';
import { openEitherFormat } from '../torch/open-either-format.js';
import type { Checkpoint } from '../weights/checkpoint.js';
import { refusePackedWeights } from '../weights/packed-weights.js';
import { outputMatrixOf, untiedWarning } from './output-matrix.js';
import type { Backbone, Pair, PairOptions } from './pair.js';
import { requireInTable } from './special-ids.js';
import { alignmentOf, vocabularyOf, withMask } from './vocabulary-of.js';

/**
 * @param isForBackbones whether another head takes the place of its own, of which nothing is told then
 * @throws DataError with a listing when the parts cannot be told
 */
export async function openPublished(
  folder: string,
  options: PairOptions,
  { isForBackbones = false }: { readonly isForBackbones?: boolean } = {},
): Promise<Pair> {
  const checkpoint = await openEitherFormat(folder, options, () => {});
  const source = checkpoint.weights;
  refusePackedWeights(folder, checkpoint.config, source);
  const { ar, mlm, head, summary } = findParts(source, checkpoint.config, folder);
  if (!isForBackbones) options.onNote?.(summary);
  if (!isForBackbones && head.decidedBy === 'default')
    options.onWarning?.(
      `Nothing in ${folder} says which half of its head is the AR model's; the first is taken. If the fills make no sense, put "head_order": "mlm_ar" into its config.json.`,
    );
  const vocabulary = await vocabularyOf(checkpoint, 'MARIA model');
  const withMaskId = withMask(vocabulary, `the MARIA model in ${folder}`);
  const alignment = alignmentOf(options, ar.architecture.sizes, vocabulary, vocabulary, (id) => id);
  const around = [...alignment.mlmPrefix, ...alignment.mlmSuffix, withMaskId.maskId];
  requireInTable(`the tokenizer in ${folder}`, alignment.arPrefix, ar.architecture.sizes.vocabularySize);
  requireInTable(`the tokenizer in ${folder}`, around, mlm.architecture.sizes.vocabularySize);
  return {
    ar: await backboneOf(checkpoint, ar, options),
    mlm: await backboneOf(checkpoint, mlm, options),
    vocabulary: withMaskId,
    alignment,
    head: {
      vocabularySize: head.rows,
      ar: { source, ...head.ar, hiddenSize: ar.architecture.sizes.hiddenSize },
      mlm: { source, ...head.mlm, hiddenSize: mlm.architecture.sizes.hiddenSize },
    },
    sources: new Map([['the MARIA model', source]]),
    folders: isForBackbones ? [] : [checkpoint],
  };
}

async function backboneOf<A extends Architecture>(
  checkpoint: Checkpoint,
  { architecture, prefix, output }: FoundPart<A>,
  { onWarning, signal }: PairOptions,
): Promise<Backbone<A>> {
  const { weights: source, folder } = checkpoint;
  const weights = prefixedWeights(source, prefix);
  const onUntied = ({ table, own }: { table: string; own: string }) =>
    onWarning?.(untiedWarning(folder, { table: prefix + table, own: prefix + own }));
  const matrix = output && (await outputMatrixOf(weights, architecture, onUntied, signal));
  return {
    checkpoint,
    architecture,
    weights,
    expert: output && {
      source,
      ...output,
      weight: prefix + matrix,
      scale: 0.5,
      hiddenSize: architecture.sizes.hiddenSize,
    },
  };
}
