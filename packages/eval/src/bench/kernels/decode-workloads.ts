// A decode step at some context, whole and in parts: the model, its attention kernels alone, its linear layers alone.
import {
  type Backend,
  type CausalArchitecture,
  createCausalModel,
  float32,
  type Inputs,
  input,
  laneOf,
  ops,
  readArchitecture,
  state,
  type Tensor,
  trace,
  tracePart,
  type Value,
  type WeightSource,
  weight,
} from '@maria/core';
import { normals } from '../random-normals.js';
import type { TensorShape } from '../random-safetensors.js';
import { fillChunk } from './attention.js';

/** An OLMo model, and how much of its KV cache is used. */
export interface DecodeStepSizes {
  readonly layers: number;
  readonly hiddenSize: number;
  readonly heads: number;
  readonly innerSize: number;
  /** Tokens that the new one attends to, itself included. */
  readonly context: number;
}

/** Something that is run again and again, on a KV cache that is filled already. */
export interface Workload {
  run(): Promise<Value>;
  interrupt(): void;
  dispose(): void;
}

/** Most ids that the embedding has: its size does not matter, since one row is read. */
const vocabularySize = 512;

export function architectureOf(sizes: DecodeStepSizes): CausalArchitecture {
  const config = {
    model_type: 'olmo',
    hidden_size: sizes.hiddenSize,
    intermediate_size: sizes.innerSize,
    num_hidden_layers: sizes.layers,
    num_attention_heads: sizes.heads,
    vocab_size: vocabularySize,
    max_position_embeddings: sizes.context,
    tie_word_embeddings: true,
  };
  const architecture = readArchitecture(config, 'the model of the benchmark');
  if (architecture.kind !== 'causal') throw new Error(`${architecture.modelType} is no causal model`);
  return architecture;
}

/** The model's pass over one token: hidden state [1, hiddenSize]. */
export async function modelStep(
  backend: Backend,
  sizes: DecodeStepSizes,
  weights: WeightSource,
  capacity: number,
): Promise<Workload> {
  const { context, hiddenSize } = sizes;
  const model = await createCausalModel(backend, tracePart(architectureOf(sizes), weights, { capacity }));
  const lane = laneOf(model, 0);
  const ids = Int32Array.from({ length: context }, (_, i) => (i * 31) % vocabularySize);
  const extend = async (from: number, to: number) => {
    const { rows, data } = await lane.extend(ids.subarray(from, to));
    return float32(data, [rows, hiddenSize]);
  };
  await fill(context - 1, extend);
  return {
    run: () => {
      lane.truncate(context - 1);
      return extend(context - 1, context);
    },
    interrupt: () => model.interrupt(),
    dispose: () => model.dispose(),
  };
}

/** The attention kernels of all layers, one after the other, each over a KV cache of its own. */
export async function attentionStep(
  backend: Backend,
  { layers, heads, hiddenSize, context }: DecodeStepSizes,
  weights: WeightSource,
): Promise<Workload> {
  const sequence = (name: string) => input(name, [1, 'time', hiddenSize]);
  const [q, k, v] = [sequence('q'), sequence('k'), sequence('v')];
  const slots = ops.laneSlots();
  const cache = (name: string) => state(name, [1, heads, context, hiddenSize / heads]);
  let x = q;
  for (let layer = 0; layer < layers; layer++)
    x = ops.laneAttention(x, k, v, cache(`keys.${layer}`), cache(`values.${layer}`), slots, { heads });
  const executable = await backend.compile(trace({ result: x }), weights);
  const run = async (from: number, to: number) => {
    const shape = [1, to - from, hiddenSize];
    const data = (stream: number) =>
      float32(normals((to - from) * hiddenSize, stream * 1_000_003 + from * hiddenSize), shape);
    const read = { pastLength: from, rowCount: to - from };
    const inputs: Inputs = { q: data(1), k: data(2), v: data(3), ...ops.slotInputs([read]) };
    return (await executable.run(inputs)).result!;
  };
  await fill(context - 1, run);
  return {
    run: () => run(context - 1, context),
    interrupt: () => executable.interrupt(),
    dispose: () => executable.dispose(),
  };
}

/** The product of each of the model's matrices with one row. */
export async function linearStep(
  backend: Backend,
  tensors: readonly TensorShape[],
  weights: WeightSource,
): Promise<Workload> {
  const matrices = tensors.filter(({ name, shape }) => shape.length === 2 && !name.includes('embed'));
  const widths = [...new Set(matrices.map(({ shape }) => shape[1]!))];
  const rows = new Map(widths.map((width) => [width, input(`x${width}`, [1, width])]));
  const products: Record<string, Tensor> = {};
  for (const { name, shape } of matrices)
    products[`${name}.product`] = ops.linear(rows.get(shape[1]!)!, weight(name, shape));
  const executable = await backend.compile(trace(products), weights);
  const inputs = Object.fromEntries(
    widths.map((width) => [`x${width}`, float32(normals(width), [1, width])]),
  );
  return {
    run: async () => Object.values(await executable.run(inputs))[0]!,
    interrupt: () => executable.interrupt(),
    dispose: () => executable.dispose(),
  };
}

async function fill(length: number, run: (from: number, to: number) => Promise<unknown>): Promise<void> {
  for (let from = 0; from < length; from += fillChunk) await run(from, Math.min(length, from + fillChunk));
}
