// What a checkpoint holds that nothing reads: said when a model is loaded, listed by an inspection.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { isQuantized, type WeightSource, Weights } from '@maria/core';
import type { Backbone, OpenedFolder } from '../pair/pair.js';
import type { TracedPair } from '../pair/trace-pair.js';
import { namesInUse, usesOf, type WeightUses } from '../quantize/quantize-weights.js';
import { adapterFile, type Checkpoint } from '../weights/checkpoint.js';
import { quantizationMethod } from '../weights/packed-weights.js';
import { quote } from '../weights/quote.js';
import type { TensorEntry } from '../weights/stored-tensors.js';

type OpenedBackbone = Pick<Backbone, 'architecture' | 'weights'>;

export interface Unread {
  readonly folder: string;
  /** Names of tensors, in their order in the files. */
  readonly tensors: readonly string[];
  /** What else is there and not applied, each in a sentence. */
  readonly others: readonly string[];
}

/**
 * Of each folder, what none of `uses` reads. Buffers that a model computes anew, heads of other tasks that checkpoints usually
 * carry, and second copies of what is read are not told of.
 */
export function unreadOf(
  folders: readonly OpenedFolder[],
  uses: WeightUses,
  backbones: readonly OpenedBackbone[],
): Unread[] {
  const used = namesInUse(uses);
  const copies = new Set(backbones.flatMap(placesOfCopies));
  return folders.map(({ folder, config, weights }) => {
    const read = used.get(weights);
    const tensors = [...weights.entries.values()]
      .filter((entry) => !read?.has(entry.name) && !isBuffer(entry) && !copies.has(placeOf(entry)))
      .map(({ name }) => name);
    return { folder, tensors, others: notApplied(folder, config) };
  });
}

/** Of the folders of a pair. */
export function unreadOfPair(pair: TracedPair): Unread[] {
  return unreadOf(pair.folders, usesOf(pair), [pair.ar, pair.mlm]);
}

/** One warning for each folder that holds such things. */
export function unreadWarnings(unread: readonly Unread[]): string[] {
  return unread.flatMap(({ folder, tensors, others }) => {
    const sentences = tensors.length === 0 ? others : [tensorsUnread(tensors), ...others];
    return sentences.length === 0 ? [] : [`In ${folder}, ${sentences.join('; ')}.`];
  });
}

/** Most names of tensors in a warning. */
const shown = 4;

function tensorsUnread(tensors: readonly string[]): string {
  // One of each kind: layers have the same ones.
  const kinds = new Map(
    tensors.map((name) => [name.replace(/\d+/g, '*'), name]).reverse() as [string, string][],
  );
  const names = [...kinds.values()].reverse().slice(0, shown).map(quote);
  const rest = tensors.length - names.length;
  const listed = names.join(', ') + (rest > 0 ? ` and ${rest} more` : '');
  return `nothing reads ${tensors.length === 1 ? 'the tensor' : `${tensors.length} tensors:`} ${listed}`;
}

function notApplied(folder: string, config: Checkpoint['config']): string[] {
  const method = quantizationMethod(config);
  return [
    existsSync(join(folder, adapterFile)) ? [`the adapter of ${adapterFile} is not applied`] : [],
    method === undefined
      ? []
      : [`config.json says that the weights are quantised by ${method}; they are read as they are stored`],
  ].flat();
}

/** Buffers that are computed anew: rotary tables, masks, positions. And the heads beside the one that is wanted. */
const bufferNames = [
  /(^|\.)(inv_freq|cos_cached|sin_cached|original_inv_freq)$/,
  /(^|\.)(attn|attention)\.masked_bias$/,
  /(^|\.)(position_ids|token_type_ids)$/,
  /(^|\.)pooler\.(dense\.)?(weight|bias)$/,
  /(^|\.)(cls\.)?(seq_relationship|nsp_classifier)\.(weight|bias)$/,
];

function isBuffer({ name, shape }: TensorEntry): boolean {
  // A causal mask is a square; a bias of this name would be a vector.
  if (/(^|\.)(attn|attention)\.bias$/.test(name)) return shape.length >= 2 && shape.at(-1) === shape.at(-2);
  return bufferNames.some((pattern) => pattern.test(name));
}

/** Where the other spellings of the output embedding lie: the same numbers under another name. */
function placesOfCopies({ architecture, weights }: OpenedBackbone): string[] {
  const { weight, untied, bias } = architecture.outputEmbedding;
  const names = new Weights(weights, architecture.tensorNames);
  return [weight, untied, bias].flatMap((name) =>
    (name === undefined ? [] : names.spellings(name)).flatMap((stored) => placeIn(weights, stored)),
  );
}

function placeIn(weights: WeightSource, name: string): string[] {
  const tensor = weights.get(name);
  if (!tensor || isQuantized(tensor) || tensor.location.kind !== 'file') return [];
  return [placeOf(tensor.location)];
}

function placeOf({ file, offset }: { file: string; offset: number }): string {
  return `${offset} ${file}`;
}
