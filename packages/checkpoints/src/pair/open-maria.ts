// A MARIA checkpoint as a pair: in maria's own layout, or as published with code that is never run.
import { join } from 'node:path';
import { DataError, takeTurns, Weights } from '@maria/core';
import { openingCheckpoint } from '../weights/checkpoint.js';
import { readJsonObjectIfPresent } from '../weights/json-file.js';
import { locateBackbone } from './locate-backbone.js';
import { headTensors, isMariaConfig, readMariaConfig } from './maria-checkpoint.js';
import { openBackbones } from './open-backbones.js';
import { openPublished } from './open-published.js';
import type { Pair, PairOptions } from './pair.js';
import type { ResolveOptions } from './resolve-folders.js';
import { requireInTable } from './special-ids.js';

/** @throws DataError when the folder is no MARIA checkpoint, or its parts do not fit */
export async function openMaria(folder: string, options: PairOptions & ResolveOptions): Promise<Pair> {
  return isPublished(folder) ? openPublished(folder, options) : openOwn(folder, options);
}

function isPublished(folder: string): boolean {
  const config = readJsonObjectIfPresent(join(folder, 'config.json'));
  return config !== undefined && isMariaConfig(config) && config.maria_version === undefined;
}

async function openOwn(folder: string, options: PairOptions & ResolveOptions): Promise<Pair> {
  const checkpoint = await takeTurns(openingCheckpoint(folder, { weights: 'head' }));
  if (!isMariaConfig(checkpoint.config))
    throw new DataError(
      'not-maria',
      `Cannot load the MARIA model in ${folder}: its model_type is "${checkpoint.config.model_type}".`,
      { try: 'Give a pair of backbones.' },
    );
  const config = readMariaConfig(checkpoint.config, folder);
  const ar = await locateBackbone(folder, 'ar', config, options);
  const mlm = await locateBackbone(folder, 'mlm', config, options);
  // A head that was trained further names the published folder for both.
  const pair =
    ar === mlm && isPublished(ar)
      ? await openPublished(ar, options, { isForBackbones: true })
      : await openBackbones(ar, mlm, options);
  const key = (name: string) => `${join(folder, 'config.json')}, key "${name}",`;
  const arRows = pair.translation?.arIds.length ?? pair.ar.architecture.sizes.vocabularySize;
  const mlmRows = pair.mlm.architecture.sizes.vocabularySize;
  requireInTable(key('ar_prefix'), config.ar_prefix, arRows);
  requireInTable(key('mlm_prefix'), config.mlm_prefix, mlmRows);
  requireInTable(key('mlm_suffix'), config.mlm_suffix, mlmRows);
  const V = config.vocab_size;
  if (V > pair.head.vocabularySize)
    throw new DataError(
      'vocabulary-mismatch',
      `Cannot load the MARIA model in ${folder}: its head has ${V} rows, the pair shares ${pair.head.vocabularySize}.`,
    );
  const source = checkpoint.weights;
  const widths = { ar: pair.ar.architecture.sizes.hiddenSize, mlm: pair.mlm.architecture.sizes.hiddenSize };
  const headWeights = new Weights(source);
  headWeights.get(headTensors.ar, [V, widths.ar]);
  headWeights.get(headTensors.mlm, [V, widths.mlm]);
  headWeights.get(headTensors.bias, [V]);
  const { arPrefix, mlmTemplate } = options;
  return {
    ...pair,
    alignment: {
      arPrefix: arPrefix === undefined ? config.ar_prefix : pair.alignment.arPrefix,
      mlmPrefix: mlmTemplate === undefined ? config.mlm_prefix : pair.alignment.mlmPrefix,
      mlmSuffix: mlmTemplate === undefined ? config.mlm_suffix : pair.alignment.mlmSuffix,
    },
    head: {
      vocabularySize: V,
      ar: { source, weight: headTensors.ar, hiddenSize: widths.ar },
      mlm: { source, weight: headTensors.mlm, bias: headTensors.bias, hiddenSize: widths.mlm },
    },
    ...(config.draft_scale !== undefined && { draftScale: config.draft_scale }),
    refresh: config.refresh ?? 'off',
    ...(config.trained_on !== undefined && { trainedOn: config.trained_on }),
    sources: new Map([...pair.sources, ['the head', source]]),
    folders: [...pair.folders, checkpoint],
  };
}
