// The weights of a model as variables, so that training can change them; where they begin: from a checkpoint or at random.
import {
  type Architecture,
  numberOfElements,
  type ParameterBlock,
  parameterBlock,
  parameterShapes,
  randomKey,
  type Tensor,
  type TrainedParameter,
  trainedParameter,
  type WeightSource,
  Weights,
} from '@maria/core';

/** What `Weights` asks a source for when nothing is stored. */
const nothing: WeightSource = {
  get: () => undefined,
  names: () => [],
  read: (name): never => {
    throw new Error(`"${name}" is trained, not read`);
  },
};

export class TrainableWeights extends Weights {
  /** In the order in which the model asks for them. */
  readonly blocks: ParameterBlock[] = [];
  readonly trained: TrainedParameter[] = [];
  readonly #made = new Map<string, Tensor>();
  readonly #values: ReadonlyMap<string, Float32Array>;

  /** @param values what the parameters start from, by the names that checkpoints use */
  constructor(values: ReadonlyMap<string, Float32Array>) {
    super(nothing);
    this.#values = values;
  }

  override resolve(name: string): string {
    return storedName(name);
  }

  override get(name: string, shape: readonly number[]): Tensor {
    const stored = storedName(name);
    let tensor = this.#made.get(stored);
    if (!tensor) {
      const value = this.#values.get(stored);
      if (!value) throw new Error(`there is no value to start "${stored}" from`);
      // Norms and biases do not decay.
      const parameter = trainedParameter({ name: stored, shape, value, decays: shape.length > 1 });
      const block = parameterBlock(parameter, 0, shape[0]!);
      this.trained.push(parameter);
      this.blocks.push(block);
      tensor = block.parameter;
      this.#made.set(stored, tensor);
    }
    return tensor;
  }
}

/** transformers keeps the base model under `model.`, and the heads beside it. */
function storedName(name: string): string {
  return /^(lm_head|head|decoder)\./.test(name) ? name : `model.${name}`;
}

/** Reads every parameter. @throws DataError when one is missing or has another shape */
export function readParameters(architecture: Architecture, source: WeightSource): Map<string, Float32Array> {
  const weights = new Weights(source, architecture.tensorNames);
  return new Map(
    [...parameterShapes(architecture)].map(([name, shape]) => {
      weights.get(name, shape);
      return [storedName(name), Float32Array.from(source.read(weights.resolve(name)!))];
    }),
  );
}

/** Standard deviation of matrices at the start, as in GPT-2, OLMo and ModernBERT. */
const deviation = 0.02;

/**
 * Parameters to start from: matrices normal, norms 1, biases 0. What writes into the residual stream of a ModernBERT
 * starts smaller by sqrt(2 layers), as its authors do it.
 */
export function initializeParameters(architecture: Architecture, seed: number): Map<string, Float32Array> {
  const residual = 1 / Math.sqrt(2 * architecture.sizes.layers);
  return new Map(
    [...parameterShapes(architecture)].map(([name, shape], i) => {
      const data = new Float32Array(numberOfElements(shape));
      if (shape.length === 1) data.fill(name.endsWith('bias') ? 0 : 1);
      else {
        const key = randomKey(seed, i);
        const scale = deviation * (/\.Wo\.weight$/.test(name) ? residual : 1);
        for (let k = 0; k < data.length; k++) data[k] = scale * key.normal(k, 0);
      }
      return [storedName(name), data];
    }),
  );
}
