// SEDD (Lou, Meng, Ermon, 2023): a DDiT that reads the amount of noise and gives ratios of probabilities.
import { z } from 'zod';
import { input } from '../tensor/leaves.js';
import { layerCount, only, positiveInteger } from './config-keys.js';
import {
  type DditConfig,
  dditCondition,
  dditIgnored,
  dditLayers,
  dditModulations,
  dditOutput,
  dditSizes,
} from './ddit.js';
import { type ConfigJson, denoiserFamily } from './denoiser-family.js';

/** The configuration of the training run, as it was dumped. */
const schema = z
  .object({
    tokens: positiveInteger,
    graph: z.object({ type: z.literal('absorb') }),
    noise: z.object({ type: z.literal('loglinear') }),
    model: z.object({
      hidden_size: positiveInteger,
      cond_dim: positiveInteger,
      length: positiveInteger,
      n_blocks: layerCount,
      n_heads: positiveInteger,
      scale_by_sigma: only(true),
    }),
  })
  .transform(
    ({ tokens, model }): DditConfig => ({
      // The mask is the last row.
      rows: tokens + 1,
      hiddenSize: model.hidden_size,
      condSize: model.cond_dim,
      blocks: model.n_blocks,
      heads: model.n_heads,
      maxLength: model.length,
    }),
  );

export function isSeddConfig({ model, graph }: ConfigJson): boolean {
  return (model as ConfigJson | null | undefined)?.type === 'ddit' && typeof graph === 'object';
}

/** Of the input that tells how much noise there is, float32 [1]. */
export const noiseInput = 'sigma';

export const sedd = denoiserFamily<DditConfig>({
  name: 'sedd',
  modelType: 'sedd',
  accepts: isSeddConfig,
  config: schema,
  tensorNames: { prefixes: [''] },
  shift: false,
  readsNoise: true,
  maskId: (_json, rows) => rows - 1,
  ignored: dditIgnored,
  sizes: dditSizes,
  outputEmbedding: () => dditOutput,
  encode(config, weights, ids, packed) {
    const condition = dditCondition(config, weights, input(noiseInput, [1]));
    const modulations = dditModulations(config, weights, condition);
    return dditLayers(config, weights, ids, { packed, modulation: (name) => modulations[name]! });
  },
});
