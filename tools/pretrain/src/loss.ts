// The losses of pretraining: cross-entropy of the next token, or of the tokens behind masks.
import { type Architecture, input, ops, type Tensor, type Weights } from '@maria/core';
import { keepScores } from './keep-scores.js';

/** Losses [n] in nats of the tokens that a batch of `Batches` asks for: all of them, or those behind masks. */
export function pretrainingLosses(architecture: Architecture, weights: Weights): Tensor {
  const { hiddenSize, vocabularySize } = architecture.sizes;
  const ids = input('ids', ['windows', 'length'], 'int32');
  const hidden = ops.reshape(architecture.forward(weights, ids), ['windows*length', hiddenSize]);
  const { weight, bias } = architecture.outputEmbedding;
  const matrix = weights.get(weight, [vocabularySize, hiddenSize]);
  const shift = bias === undefined ? undefined : weights.get(bias, [vocabularySize]);
  // Logits are the largest values by far: those that no loss asks for are never computed.
  const rows =
    architecture.kind === 'masked' ? ops.embedding(input('positions', ['masked'], 'int32'), hidden) : hidden;
  const targets = input('targets', [rows.shape[0]!], 'int32');
  return keepScores(ops.crossEntropy(ops.linear(rows, matrix, shift), targets));
}
