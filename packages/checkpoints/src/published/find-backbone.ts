// Where a backbone's tensors lie in a checkpoint that holds more than the backbone: under which prefix.
import {
  type Architecture,
  formatShape,
  forwardShapes,
  sameShape,
  type WeightSource,
  Weights,
} from '@maria/core';
import { prefixedWeights } from './prefixed-weights.js';

export interface FoundBackbone {
  /** Before the names that the backbone's own checkpoint would have, for example `ar_model.` */
  readonly prefix: string;
  /** Full names of the tensors that are the backbone's, its output embedding included where it is there. */
  readonly claimed: ReadonlySet<string>;
  /** Full names of its output embedding, where all of it is there. */
  readonly output?: { readonly weight: string; readonly bias?: string };
}

export interface BackboneSearch {
  /** More than one where the checkpoint holds several models that fit. */
  readonly found: readonly FoundBackbone[];
  /** Why a place that looked right was not it. */
  readonly misfit?: string;
}

/** Finds every place whose names and shapes are those that `architecture` reads. */
export function findBackbone(source: WeightSource, architecture: Architecture): BackboneSearch {
  const shapes = forwardShapes(architecture);
  const [anchor] = shapes.keys();
  const found: FoundBackbone[] = [];
  let misfit: string | undefined;
  for (const full of source.names()) {
    if (anchor === undefined || !(full === anchor || full.endsWith(`.${anchor}`))) continue;
    const before = full.slice(0, full.length - anchor.length);
    const fits = architecture.tensorNames.prefixes
      .filter((own) => before.endsWith(own))
      .map((own) => tryPrefix(source, architecture, shapes, before.slice(0, before.length - own.length)));
    const places = fits.filter((fit) => typeof fit !== 'string');
    misfit ??= fits.find((fit) => typeof fit === 'string');
    // One place may be read as `a.` + `model.` or as `a.model.`: that with the output embedding is meant.
    const place = places.find((fit) => fit.output) ?? places[0];
    if (place) found.push(place);
  }
  return { found, ...(misfit !== undefined && { misfit }) };
}

/** The backbone under this prefix, or why it is not there. */
function tryPrefix(
  source: WeightSource,
  architecture: Architecture,
  shapes: ReadonlyMap<string, readonly number[]>,
  prefix: string,
): FoundBackbone | string {
  const view = prefixedWeights(source, prefix);
  const weights = new Weights(view, architecture.tensorNames);
  const claimed = new Set<string>();
  for (const [name, shape] of shapes) {
    const resolved = weights.resolve(name);
    if (resolved === undefined) return `there is no "${prefix}${weights.spell(name)}"`;
    const stored = view.get(resolved)!.shape;
    if (!sameShape(stored, shape))
      return `"${prefix}${resolved}" is ${formatShape(stored)}, its config asks for ${formatShape(shape)}`;
    claimed.add(prefix + resolved);
  }
  const { weight, bias } = architecture.outputEmbedding;
  const { vocabularySize, hiddenSize } = architecture.sizes;
  const claim = (name: string, shape: readonly number[]): string | undefined => {
    const resolved = weights.resolve(name);
    // A tensor of this name and another shape may be the fused head.
    if (resolved === undefined || !sameShape(view.get(resolved)!.shape, shape)) return undefined;
    claimed.add(prefix + resolved);
    return prefix + resolved;
  };
  const matrix = claim(weight, [vocabularySize, hiddenSize]);
  const vector = bias === undefined ? undefined : claim(bias, [vocabularySize]);
  const whole = matrix !== undefined && (bias === undefined) === (vector === undefined);
  const output = whole && { weight: matrix, ...(vector !== undefined && { bias: vector }) };
  return { prefix, claimed, ...(output && { output }) };
}
