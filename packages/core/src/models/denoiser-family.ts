// What a family of denoisers is: a masked model in which every position sees every other, and what is its own about it.
import type { WeightSource } from '../tensor/backend.js';
import { type MaskedArchitecture, type MaskedDefinition, maskedFamily } from './family.js';

/** A masked model that learnt to fill any part of a text, with one checked config. */
export interface DenoiserArchitecture extends MaskedArchitecture {
  /** Name of the family. */
  readonly family: string;
  /** Whether row i-1 of the logits is for position i, as in the autoregressive model that it was made of. */
  readonly shift: boolean;
  /** Whether it reads how much noise there is, and gives the ratios of probabilities that scores are made of. */
  readonly readsNoise: boolean;
  /** Id of the mask, where the config or the family says it; else the tokenizer does. */
  readonly maskId?: number | undefined;
  /** Whether a stored tensor of this name may stay unread: buffers that are computed anew. */
  isIgnored(name: string): boolean;
  /** The tensors that `forward` reads, where some of them follow from stored ones. */
  prepare(weights: WeightSource): PreparedWeights;
}

export interface PreparedWeights {
  readonly weights: WeightSource;
  /** Names of the stored tensors that others were made of. */
  readonly read: readonly string[];
}

export interface DenoiserFamily {
  readonly name: string;
  /** Whether a config.json, with the names of its tensors, can be of nothing else. */
  recognizes(configJson: ConfigJson, weights: WeightSource): boolean;
  /** Whether a config.json may be of this family where the user says so. */
  accepts(configJson: ConfigJson): boolean;
  /** @param where names the config in errors @throws DataError naming the key that does not fit */
  read(configJson: ConfigJson, where: string, weights: WeightSource): DenoiserArchitecture;
}

export type ConfigJson = Readonly<Record<string, unknown>>;

/** What a family's file says. */
export interface DenoiserDefinition<C>
  extends Omit<MaskedDefinition<C>, 'transform' | 'encoderSize' | 'modelType'> {
  readonly name: string;
  /** As in config.json. Some have none of their own. */
  readonly modelType: string;
  /** @default whether config.json has the family's model_type */
  accepts?(configJson: ConfigJson): boolean;
  /** @default as `accepts`: nothing else has such configs */
  recognizes?(configJson: ConfigJson, weights: WeightSource): boolean;
  readonly shift: boolean;
  /** @default false */
  readonly readsNoise?: boolean;
  /** @default the tokenizer's */
  maskId?(configJson: ConfigJson, vocabularySize: number): number | undefined;
  /** @default none */
  readonly ignored?: readonly RegExp[];
  /** What the files say in another way than the config: they have the last word. @default nothing */
  corrected?(configJson: ConfigJson, weights: WeightSource): ConfigJson;
  /** @default the same */
  prepare?(config: C, weights: WeightSource): PreparedWeights;
}

export function denoiserFamily<C>(definition: DenoiserDefinition<C>): DenoiserFamily {
  const { name, modelType, shift, readsNoise = false, ignored = [] } = definition;
  const family = maskedFamily<C>({ ...definition, transform: (_config, _weights, encoded) => encoded });
  const accepts = definition.accepts ?? ((json) => json.model_type === modelType);
  return {
    name,
    accepts,
    recognizes: definition.recognizes ?? accepts,
    read(given, where, weights) {
      const json = definition.corrected?.(given, weights) ?? given;
      const architecture = family.read(json, where) as MaskedArchitecture;
      return {
        ...architecture,
        family: name,
        shift,
        readsNoise,
        maskId: definition.maskId?.(json, architecture.sizes.vocabularySize),
        isIgnored: (tensor) => ignored.some((pattern) => pattern.test(tensor)),
        prepare: (stored) =>
          definition.prepare?.(definition.config.parse(json), stored) ?? { weights: stored, read: [] },
      };
    },
  };
}
