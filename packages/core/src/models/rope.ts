// Rotary position embedding: the config in both key styles, inverse frequencies, and the cos/sin tables as ops.
// Su et al., RoFormer, 2021; scaling as in transformers' modeling_rope_utils.
import { z } from 'zod';
import { DataError } from '../errors.js';
import { cast, cos, multiply, sin } from '../ops/elementwise.js';
import { range } from '../ops/range.js';
import { reshape, slice } from '../ops/shape-ops.js';
import { constant } from '../tensor/leaves.js';
import type { Dim } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { float32 } from '../tensor/values.js';
import { type YarnScaling, yarnAttentionFactor, yarnShares } from './yarn.js';

const parametersSchema = z.looseObject({
  rope_type: z.string().nullish(),
  /** transformers before 4.43 */
  type: z.string().nullish(),
  factor: z.number().positive().nullish(),
  low_freq_factor: z.number().positive().nullish(),
  high_freq_factor: z.number().positive().nullish(),
  original_max_position_embeddings: z.number().int().positive().nullish(),
  rope_theta: z.number().positive().nullish(),
  partial_rotary_factor: z.number().positive().max(1).nullish(),
  attention_factor: z.number().positive().nullish(),
  beta_fast: z.number().positive().nullish(),
  beta_slow: z.number().positive().nullish(),
  mscale: z.number().nonnegative().nullish(),
  mscale_all_dim: z.number().nonnegative().nullish(),
  truncate: z.boolean().nullish(),
});

/** The rope keys of config.json: transformers 5 (`rope_parameters`) and 4 (`rope_theta`, `rope_scaling`). */
export const ropeKeys = {
  rope_parameters: parametersSchema.nullish(),
  rope_scaling: parametersSchema.nullish(),
  rope_theta: z.number().positive().nullish(),
  partial_rotary_factor: z.number().positive().max(1).nullish(),
  original_max_position_embeddings: z.number().int().positive().nullish(),
};

export interface RopeConfig {
  readonly theta: number;
  /** Numbers at the start of a head that rotate. */
  readonly rotarySize: number;
  readonly scaling:
    | { readonly type: 'none' }
    | { readonly type: 'linear'; readonly factor: number }
    | {
        readonly type: 'llama3';
        readonly factor: number;
        readonly lowFrequencyFactor: number;
        readonly highFrequencyFactor: number;
        readonly originalMaxLength: number;
      }
    | YarnScaling;
}

export interface RopeReading {
  readonly headSize: number;
  /** Stands for the original length where a scaling by llama3 or YaRN does not say it. */
  readonly maxLength: number;
  /** @default 10000 */
  readonly theta?: number;
  /** Part of a head that rotates, in families that allow a part; other families refuse any but the whole. */
  readonly rotaryFactor?: number;
}

function invalid(fact: string, hint?: string): DataError {
  return new DataError(
    'config-invalid',
    `Cannot load the model: config.json ${fact}.`,
    hint === undefined ? {} : { try: hint },
  );
}

/** Reads the rope keys of a config. @throws DataError for a scaling or a part of the head that is not implemented */
export function readRope(config: z.infer<z.ZodObject<typeof ropeKeys>>, reading: RopeReading): RopeConfig {
  const { rope_scaling: scaling, rope_parameters: given } = config;
  const parameters = (scaling && Object.keys(scaling).length > 0 ? scaling : given) ?? {};
  return {
    theta: parameters.rope_theta ?? config.rope_theta ?? reading.theta ?? 10000,
    rotarySize: readRotarySize(config.partial_rotary_factor ?? parameters.partial_rotary_factor, reading),
    scaling: readScaling(parameters, config.original_max_position_embeddings ?? undefined, reading.maxLength),
  };
}

/** Far above the heads of any model; frequencies are computed before weights are looked at. */
const mostRotated = 2 ** 16;

function readRotarySize(factor: number | null | undefined, { headSize, rotaryFactor }: RopeReading): number {
  if (rotaryFactor === undefined && (factor ?? 1) !== 1)
    throw invalid(`rotates ${factor} of each head, which this family does not do`);
  const size = Math.trunc(headSize * (factor ?? rotaryFactor ?? 1));
  if (size > mostRotated) throw invalid(`rotates heads of ${size} numbers`);
  if (size < 2 || size % 2 !== 0)
    throw invalid(
      `rotates ${size} of the ${headSize} numbers of a head: pairs are rotated, so it must be even`,
    );
  return size;
}

function readScaling(
  parameters: z.infer<typeof parametersSchema>,
  originalMaxLength: number | undefined,
  maxLength: number,
): RopeConfig['scaling'] {
  const type = parameters.rope_type ?? parameters.type ?? 'default';
  const need = (key: 'factor' | 'low_freq_factor' | 'high_freq_factor'): number => {
    const value = parameters[key];
    if (value === undefined || value === null)
      throw invalid(`asks for rope scaling "${type}" and gives no ${key}`);
    return value;
  };
  const original = originalMaxLength ?? parameters.original_max_position_embeddings ?? maxLength;
  switch (type) {
    case 'default':
      return { type: 'none' };
    case 'dynamic':
      // Frequencies change with the length of a text, from max_position_embeddings on. No text is longer here.
      need('factor');
      return { type: 'none' };
    case 'linear':
      return { type, factor: need('factor') };
    case 'llama3':
      return {
        type,
        factor: need('factor'),
        lowFrequencyFactor: need('low_freq_factor'),
        highFrequencyFactor: need('high_freq_factor'),
        originalMaxLength: original,
      };
    case 'yarn': {
      const factor = parameters.factor === null ? maxLength / original : need('factor');
      return {
        type,
        factor,
        betaFast: parameters.beta_fast ?? 32,
        betaSlow: parameters.beta_slow ?? 1,
        truncate: parameters.truncate ?? true,
        originalMaxLength: original,
        attentionFactor:
          parameters.attention_factor ??
          yarnAttentionFactor(factor, parameters.mscale, parameters.mscale_all_dim),
      };
    }
    default:
      throw invalid(
        `asks for rope scaling "${type}"`,
        'Use a model with default, linear, dynamic, llama3 or yarn scaling.',
      );
  }
}

/** Inverse frequencies, [rotarySize / 2], in radians a position. */
export function inverseFrequencies(rope: RopeConfig): Float32Array {
  const { theta, rotarySize, scaling } = rope;
  const shares = scaling.type === 'yarn' ? yarnShares(scaling, rope) : undefined;
  return Float32Array.from({ length: rotarySize / 2 }, (_, i) => {
    const frequency = 1 / theta ** ((2 * i) / rotarySize);
    if (scaling.type === 'none') return frequency;
    if (scaling.type === 'linear') return frequency / scaling.factor;
    if (scaling.type === 'yarn')
      return shares![i]! * frequency + (1 - shares![i]!) * (frequency / scaling.factor);
    // llama3: long wavelengths are divided by the factor, short ones kept, those between interpolated.
    const { factor, lowFrequencyFactor, highFrequencyFactor, originalMaxLength } = scaling;
    const wavelength = (2 * Math.PI) / frequency;
    if (wavelength < originalMaxLength / highFrequencyFactor) return frequency;
    if (wavelength > originalMaxLength / lowFrequencyFactor) return frequency / factor;
    const smooth =
      (originalMaxLength / wavelength - lowFrequencyFactor) / (highFrequencyFactor - lowFrequencyFactor);
    return (1 - smooth) * (frequency / factor) + smooth * frequency;
  });
}

/** Positions of the tokens of this run, float32 [time]: those given (int32 [time]), or 0, 1, … */
export function positionsOf(time: Dim, given?: Tensor): Tensor {
  return cast(given ?? range(time), 'float32');
}

/** cos and sin of position × frequency, scaled where YaRN says so, each [time, rotarySize / 2]. Computed once and shared by all layers. */
export function rotaryTables(rope: RopeConfig, positions: Tensor): { cos: Tensor; sin: Tensor } {
  const count = rope.rotarySize / 2;
  // In whole vector registers of 4 numbers: what is left over at the end is computed otherwise, and a row would have other
  // bits beside other rows.
  const filled = new Float32Array(Math.ceil(count / 4) * 4);
  filled.set(inverseFrequencies(rope));
  const frequencies = constant(float32(filled, [1, filled.length]));
  const angles = multiply(reshape(positions, [positions.shape[0]!, 1]), frequencies);
  const cut = (x: Tensor) => (count === filled.length ? x : slice(x, { axis: 1, start: 0, end: count }));
  const factor = rope.scaling.type === 'yarn' ? rope.scaling.attentionFactor : 1;
  const scaled = (x: Tensor) => (factor === 1 ? x : multiply(x, factor));
  return { cos: cut(scaled(cos(angles))), sin: cut(scaled(sin(angles))) };
}
