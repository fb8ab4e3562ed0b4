// Rotary position embedding: the config in both key styles, inverse frequencies, and the cos/sin tables as ops.
// Su et al., RoFormer, 2021; scaling as in transformers' modeling_rope_utils.
import { z } from 'zod';
import { DataError } from '../errors.js';
import { add, cast, cos, multiply, sin } from '../ops/elementwise.js';
import { range } from '../ops/range.js';
import { reshape } from '../ops/shape-ops.js';
import type { Dim } from '../tensor/shape.js';
import { constant } from '../tensor/leaves.js';
import type { Tensor } from '../tensor/tensor.js';
import { float32 } from '../tensor/values.js';

const scalingSchema = z
  .object({
    rope_type: z.string().optional(),
    /** transformers before 4.43 */
    type: z.string().optional(),
    factor: z.number().positive().optional(),
    low_freq_factor: z.number().positive().optional(),
    high_freq_factor: z.number().positive().optional(),
    original_max_position_embeddings: z.number().int().positive().optional(),
    rope_theta: z.number().positive().optional(),
    partial_rotary_factor: z.number().positive().max(1).optional(),
  })
  .loose();

/** The rope keys of config.json: transformers 5 (`rope_parameters`) and 4 (`rope_theta`, `rope_scaling`). */
export const ropeKeys = {
  rope_parameters: scalingSchema.nullish(),
  rope_theta: z.number().positive().optional(),
  rope_scaling: scalingSchema.nullish(),
};

export interface RopeConfig {
  readonly theta: number;
  readonly scaling:
    | { readonly type: 'none' }
    | { readonly type: 'linear'; readonly factor: number }
    | {
        readonly type: 'llama3';
        readonly factor: number;
        readonly lowFrequencyFactor: number;
        readonly highFrequencyFactor: number;
        readonly originalMaxLength: number;
      };
}

/** Reads the rope keys of a config. @throws DataError for a scaling that is not implemented */
export function readRope(
  config: { rope_parameters?: unknown; rope_theta?: number | undefined; rope_scaling?: unknown },
  defaultTheta = 10000,
): RopeConfig {
  const parameters = scalingSchema.parse(config.rope_parameters ?? config.rope_scaling ?? {});
  const theta = parameters.rope_theta ?? config.rope_theta ?? defaultTheta;
  const type = parameters.rope_type ?? parameters.type ?? 'default';
  const need = (key: 'factor' | 'low_freq_factor' | 'high_freq_factor' | 'original_max_position_embeddings'): number => {
    const value = parameters[key];
    if (value === undefined)
      throw new DataError('config-invalid', `Cannot load the model: config.json's rope scaling "${type}" has no ${key}.`);
    return value;
  };
  switch (type) {
    case 'default':
      return { theta, scaling: { type: 'none' } };
    case 'linear':
      return { theta, scaling: { type: 'linear', factor: need('factor') } };
    case 'llama3':
      return {
        theta,
        scaling: {
          type: 'llama3',
          factor: need('factor'),
          lowFrequencyFactor: need('low_freq_factor'),
          highFrequencyFactor: need('high_freq_factor'),
          originalMaxLength: need('original_max_position_embeddings'),
        },
      };
    default:
      throw new DataError('config-invalid', `Cannot load the model: config.json asks for rope scaling "${type}".`, {
        try: 'Use a model with default, linear or llama3 scaling.',
      });
  }
}

/** Inverse frequencies, [rotarySize / 2], in radians a position. */
export function inverseFrequencies({ theta, scaling }: RopeConfig, rotarySize: number): Float32Array {
  return Float32Array.from({ length: rotarySize / 2 }, (_, i) => {
    const frequency = 1 / theta ** ((2 * i) / rotarySize);
    if (scaling.type === 'none') return frequency;
    if (scaling.type === 'linear') return frequency / scaling.factor;
    // llama3: long wavelengths are divided by the factor, short ones kept, those between interpolated.
    const { factor, lowFrequencyFactor, highFrequencyFactor, originalMaxLength } = scaling;
    const wavelength = (2 * Math.PI) / frequency;
    if (wavelength < originalMaxLength / highFrequencyFactor) return frequency;
    if (wavelength > originalMaxLength / lowFrequencyFactor) return frequency / factor;
    const smooth = (originalMaxLength / wavelength - lowFrequencyFactor) / (highFrequencyFactor - lowFrequencyFactor);
    return (1 - smooth) * (frequency / factor) + smooth * frequency;
  });
}

/** Positions of the tokens of this run, float32 [time]: 0, 1, … after `pastLength` (int32 [1]). */
export function positionsOf(time: Dim, pastLength?: Tensor): Tensor {
  const positions = cast(range(time), 'float32');
  return pastLength ? add(positions, cast(pastLength, 'float32')) : positions;
}

/** cos and sin of position × frequency, each [time, rotarySize / 2]. Computed once and shared by all layers. */
export function rotaryTables(rope: RopeConfig, rotarySize: number, positions: Tensor): { cos: Tensor; sin: Tensor } {
  const frequencies = constant(float32(inverseFrequencies(rope, rotarySize), [1, rotarySize / 2]));
  const angles = multiply(reshape(positions, [positions.shape[0]!, 1]), frequencies);
  return { cos: cos(angles), sin: sin(angles) };
}
