// The public names of the benchmarks.
export {
  benchmarkDecodeStep,
  type DecodeStepOptions,
  type DecodeStepRecord,
  decodeStepSizes,
  mostCapacityRatio,
  mostStepRatio,
} from './kernels/decode-step.js';
export type { DecodeStepSizes } from './kernels/decode-workloads.js';
export { type KernelName, kernelNames } from './kernels/index.js';
export { type KernelShape, kernelShapes } from './kernels/kernel-shapes.js';
export { benchmarkKernels, type KernelOptions, type KernelRecord } from './kernels/run-kernels.js';
export { describeMachine, formatMachine, type Machine } from './machine.js';
export { throughputChart } from './throughput/chart.js';
export { type StepWeights, stepWeights, type WeightRead, weightRead } from './throughput/decode-step.js';
export { fits } from './throughput/masked-sequence.js';
export { type PairShape, parsePairShape } from './throughput/model-shapes.js';
export { type RandomPairOptions, randomPair } from './throughput/random-pair.js';
export {
  type Batch,
  benchmarkThroughput,
  type LoadedForm,
  type Speculate,
  type SystemName,
  systemNames,
  type ThroughputOptions,
  type ThroughputRecord,
} from './throughput/run-throughput.js';
export type { Clock, Timing } from './timing.js';
export {
  benchmarkTraining,
  mostBytesBeyond,
  type TrainBenchmarkOptions,
  type TrainRecord,
  type TrainSizes,
  trainSizes,
} from './train.js';
export { createWeightReader, type WeightReader } from './weight-reading.js';
