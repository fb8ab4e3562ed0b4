// The parts of a MARIA checkpoint that was published with code of its own: found by structure, without running the code.
import {
  type Architecture,
  type CausalArchitecture,
  DataError,
  forwardShapes,
  type MaskedArchitecture,
  sameShape,
  type WeightSource,
} from '@maria/core';
import { listTensors, summarizeParts } from './describe-parts.js';
import { embeddedConfigs } from './embedded-configs.js';
import { type BackboneSearch, type FoundBackbone, findBackbone } from './find-backbone.js';
import { findHeads, type HeadCandidate, type HeadHalfPlace } from './find-head.js';
import { type HeadOrder, orderInConfig, orderInValues, type StoredRows } from './head-order.js';
import type { FoundPart, MariaParts } from './maria-parts.js';

/** Names that a head among several matrices of its width would have. */
const headLike = /head|fus|maria|decoder|output|logit|vocab/i;
/** A backbone's own output matrix, stored although it is tied. */
const ownOutput = /(^|\.)(lm_head|embed_out|decoder|vocab_projector|generator_lm_head)\.(weight|bias)$/;

/**
 * Finds the backbones by the configs in config.json and by their tensors' names and shapes, and the head among the rest.
 * The halves of a head that is one matrix are told apart by the config, else by its likeness to the output embeddings, else
 * the AR model's comes first.
 * @param where names the model in errors
 * @throws DataError with a listing where a part is missing or there are several that fit
 */
export function findParts(
  source: WeightSource,
  configJson: Readonly<Record<string, unknown>>,
  where: string,
): MariaParts {
  const configs = embeddedConfigs(configJson, where);
  const fail = (fact: string): never => {
    throw new DataError(
      'maria-parts',
      `Cannot load the MARIA model in ${where}: ${fact}. It holds ${listTensors(source)}.`,
      {
        try: 'Give the two backbones as folders.',
      },
    );
  };
  const ar = onlyOne(findBackbone(source, configs.ar.architecture), configs.ar, fail);
  let mlmArchitecture = configs.mlm.architecture;
  let search = findBackbone(source, mlmArchitecture);
  if (search.found.length === 0) {
    const bare = mlmArchitecture.withoutHead();
    const encoder = findBackbone(source, bare);
    if (encoder.found.length > 0) {
      requireNoHead(source, mlmArchitecture, bare, fail);
      [search, mlmArchitecture] = [encoder, bare];
    }
  }
  const mlm = onlyOne(search, configs.mlm, fail);

  const claimed = new Set([...ar.claimed, ...mlm.claimed]);
  const isOwnOutput = (name: string, prefix: string) =>
    prefix !== '' && name.startsWith(prefix) && ownOutput.test(name);
  const unclaimed = [...source.names()].filter(
    (name) => !claimed.has(name) && !isOwnOutput(name, ar.prefix) && !isOwnOutput(name, mlm.prefix),
  );
  const arSizes = configs.ar.architecture.sizes;
  const mlmSizes = mlmArchitecture.sizes;
  const widths = { ar: arSizes.hiddenSize, mlm: mlmSizes.hiddenSize };
  const head = onlyHead(findHeads(source, unclaimed, widths), widths, fail);
  const rows = Math.min(head.rows, arSizes.vocabularySize, mlmSizes.vocabularySize);

  const part = <A extends Architecture>(
    architecture: A,
    configPath: string,
    found: FoundBackbone,
  ): FoundPart<A> => ({
    architecture,
    configPath,
    prefix: found.prefix,
    ...(found.output && { output: found.output }),
  });
  const parts = {
    ar: part(configs.ar.architecture, configs.ar.path, ar),
    mlm: part(mlmArchitecture, configs.mlm.path, mlm),
  };
  const decided = decideHalves(source, configJson, head, parts, widths);
  const found = { ...parts, head: { rows, ...decided } };
  return { ...found, summary: summarizeParts(found, where) };
}

type Fail = (fact: string) => never;

/** A prediction head apart from its encoder would go unused, and the head was trained on what comes after it. */
function requireNoHead(source: WeightSource, whole: Architecture, bare: Architecture, fail: Fail): void {
  const encoder = forwardShapes(bare);
  const own = [...forwardShapes(whole)].filter(([name]) => !encoder.has(name));
  const apart = [...source.names()].find((name) =>
    own.some(([end, shape]) => `.${name}`.endsWith(`.${end}`) && sameShape(source.get(name)!.shape, shape)),
  );
  if (apart !== undefined) fail(`the prediction head of its MLM is not beside the encoder, but at ${apart}`);
}

function onlyOne(
  { found, misfit }: BackboneSearch,
  { path, architecture }: { path: string; architecture: Architecture },
  fail: Fail,
): FoundBackbone {
  const [first, second] = found;
  const what = `the ${architecture.modelType} of ${path}`;
  if (!first) return fail(`no tensors are those of ${what}${misfit === undefined ? '' : ` (${misfit})`}`);
  if (second)
    return fail(
      `tensors that are those of ${what} are there ${found.length} times, under ${found.map(({ prefix }) => `"${prefix}"`).join(' and ')}`,
    );
  return first;
}

function onlyHead(
  candidates: readonly HeadCandidate[],
  widths: { ar: number; mlm: number },
  fail: Fail,
): HeadCandidate {
  const named = candidates.filter((candidate) =>
    placesOf(candidate).every((place) => headLike.test(place.weight)),
  );
  const [first, second] = named.length === 1 ? named : candidates;
  if (!first)
    return fail(
      `it has no head: no matrix is ${widths.ar} + ${widths.mlm} wide, and no two are the one and the other`,
    );
  if (second) {
    const names = candidates.map((candidate) =>
      placesOf(candidate)
        .map(({ weight }) => weight)
        .join(' with '),
    );
    return fail(`its head may be any of ${names.join(', ')}`);
  }
  return first;
}

function placesOf(candidate: HeadCandidate): HeadHalfPlace[] {
  return candidate.kind === 'joint' ? [candidate.place] : [candidate.ar, candidate.mlm];
}

function decideHalves(
  source: WeightSource,
  config: Readonly<Record<string, unknown>>,
  head: HeadCandidate,
  parts: { ar: FoundPart<CausalArchitecture>; mlm: FoundPart<MaskedArchitecture> },
  widths: { ar: number; mlm: number },
): Omit<MariaParts['head'], 'rows'> {
  const said = orderInConfig(config);
  if (head.kind === 'split') {
    const swapped = head.decidedBy === 'order' && said === 'mlm-first';
    const [ar, mlm] = swapped ? [head.mlm, head.ar] : [head.ar, head.mlm];
    const byOrder = said === undefined ? 'default' : 'config';
    const decidedBy = head.decidedBy === 'order' ? byOrder : head.decidedBy;
    return { ar: { ...ar, firstColumn: 0 }, mlm: { ...mlm, firstColumn: 0 }, decidedBy };
  }
  const shown = said === undefined ? orderShown(source, head, parts, widths) : undefined;
  const order: HeadOrder = said ?? shown ?? 'ar-first';
  const { weight, bias } = head.place;
  return {
    ar: { weight, firstColumn: order === 'ar-first' ? 0 : widths.mlm },
    // One bias for the whole head; it is added with the MLM's half, which is computed once.
    mlm: { weight, ...(bias !== undefined && { bias }), firstColumn: order === 'ar-first' ? widths.ar : 0 },
    decidedBy: said ? 'config' : shown ? 'values' : 'default',
  };
}

/** From the output embeddings that are there; that of an MLM without its head multiplies other vectors. */
function orderShown(
  source: WeightSource,
  head: HeadCandidate & { kind: 'joint' },
  { ar, mlm }: { ar: FoundPart<CausalArchitecture>; mlm: FoundPart<MaskedArchitecture> },
  widths: { ar: number; mlm: number },
): HeadOrder | undefined {
  const rows = Math.min(
    head.rows,
    ar.architecture.sizes.vocabularySize,
    mlm.architecture.sizes.vocabularySize,
  );
  const matrix = (weight: string, columns: number): StoredRows => ({ source, weight, columns });
  const joint = matrix(head.place.weight, widths.ar + widths.mlm);
  return orderInValues(joint, rows, widths, {
    ...(ar.output && { ar: matrix(ar.output.weight, widths.ar) }),
    ...(mlm.output && hasHead(mlm.architecture) && { mlm: matrix(mlm.output.weight, widths.mlm) }),
  });
}

function hasHead(architecture: MaskedArchitecture): boolean {
  return architecture.withoutHead() !== architecture;
}
