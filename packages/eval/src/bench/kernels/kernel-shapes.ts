// The sizes of the models whose kernels are timed.

export interface KernelShape {
  readonly name: string;
  readonly hiddenSize: number;
  /** Width of the MLP's inner layer. */
  readonly innerSize: number;
  readonly vocabularySize: number;
  readonly heads: number;
  readonly kvHeads: number;
  /** Capacities of the KV cache. */
  readonly capacities: readonly number[];
}

export const kernelShapes = {
  /** allenai/OLMo-1B-0724-hf */
  'olmo-1b': {
    name: 'olmo-1b',
    hiddenSize: 2048,
    innerSize: 8192,
    vocabularySize: 50304,
    heads: 16,
    kvHeads: 16,
    capacities: [2048, 4096],
  },
  /** The AR model of the embedded pair. */
  tiny: {
    name: 'tiny',
    hiddenSize: 256,
    innerSize: 704,
    vocabularySize: 4096,
    heads: 4,
    kvHeads: 4,
    capacities: [1024],
  },
} as const satisfies Record<string, KernelShape>;
