// The kernels that `bench kernels` knows, by name.
import { attentionBenchmarks } from './attention.js';
import type { KernelBenchmark } from './kernel-benchmark.js';
import type { KernelShape } from './kernel-shapes.js';
import { linearBenchmarks } from './linear.js';
import { matmulBenchmarks } from './matmul.js';
import { quantizedLinearBenchmarks } from './quantized-linear.js';
import { samplingBenchmarks } from './sampling.js';
import { softmaxBenchmarks } from './softmax.js';

export const kernels = {
  linear: linearBenchmarks,
  'linear-int8': quantizedLinearBenchmarks('int8'),
  'linear-int4': quantizedLinearBenchmarks('int4'),
  matmul: matmulBenchmarks,
  softmax: softmaxBenchmarks,
  sampling: samplingBenchmarks,
  attention: attentionBenchmarks('float32'),
  'attention-float16': attentionBenchmarks('float16'),
} satisfies Record<string, (model: KernelShape, device: string) => Iterable<KernelBenchmark>>;

export type KernelName = keyof typeof kernels;
export const kernelNames = Object.keys(kernels) as KernelName[];
