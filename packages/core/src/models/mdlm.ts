// MDLM (Sahoo et al., 2024): a DDiT that is not told how much noise there is, so that its modulations are constant.
import { z } from 'zod';
import type { WeightSource } from '../tensor/backend.js';
import { compileReference, weightsInMemory } from '../tensor/evaluate.js';
import { constant } from '../tensor/leaves.js';
import { trace } from '../tensor/program.js';
import { float32 } from '../tensor/values.js';
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
import { denoiserFamily, type PreparedWeights } from './denoiser-family.js';
import { type TensorNames, Weights } from './weights.js';

const schema = z
  .object({
    vocab_size: positiveInteger,
    hidden_dim: positiveInteger,
    cond_dim: positiveInteger,
    n_blocks: layerCount,
    n_heads: positiveInteger,
    model_length: positiveInteger,
    time_conditioning: only(false),
  })
  .transform(
    (config): DditConfig => ({
      rows: config.vocab_size,
      hiddenSize: config.hidden_dim,
      condSize: config.cond_dim,
      blocks: config.n_blocks,
      heads: config.n_heads,
      maxLength: config.model_length,
    }),
  );

const tensorNames: TensorNames = { prefixes: ['backbone.', ''] };

export const mdlm = denoiserFamily<DditConfig>({
  name: 'mdlm',
  modelType: 'mdlm',
  config: schema,
  tensorNames,
  shift: false,
  maskId: (_json, rows) => rows - 1,
  ignored: dditIgnored,
  sizes: dditSizes,
  outputEmbedding: () => dditOutput,
  prepare: withModulations,
  encode: (config, weights, ids, packed) =>
    dditLayers(config, weights, ids, {
      packed,
      modulation: (name) => weights.get(folded(name), [config.hiddenSize]),
    }),
});

/** How a modulation is called among the tensors. */
const folded = (name: string) => `folded.${name}`;

/** The tensors with the modulations for no noise, which are computed here once. */
function withModulations(config: DditConfig, source: WeightSource): PreparedWeights {
  const weights = new Weights(source, tensorNames);
  const condition = dditCondition(config, weights, constant(float32([0])));
  const program = trace(dditModulations(config, weights, condition));
  const outputs = compileReference(program, source, { precision: 'float64' }).runSync({});
  const computed = weightsInMemory(
    Object.fromEntries(
      Object.entries(outputs).map(([name, { shape, data }]) => [
        folded(name),
        { shape, data: Float32Array.from(data) },
      ]),
    ),
  );
  return {
    weights: {
      get: (name) => computed.get(name) ?? source.get(name),
      names: () => [...source.names(), ...computed.names()],
      read: (name, length) => (computed.get(name) ? computed : source).read(name, length),
    },
    read: program.weights.map(({ attributes }) => attributes.name),
  };
}
