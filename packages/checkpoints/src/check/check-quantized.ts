// Compares a quantised model with the same model in float32, on a text.

import { allOrNone, DeviceError, type QuantizedDType, UsageError } from '@maria/core';
import { type BackendChoice, chooseBackend } from '@maria/kernels';
import { type LoadModelOptions, loadModel } from '../load-model.js';
import { availableMemory } from '../memory/available.js';
import { estimateMemory } from '../memory/estimate.js';
import { gibibytes } from '../memory/refuse-short-memory.js';
import { openSingle, type SingleModel } from '../pair/open-single.js';
import { type AcquireCopyOptions, waitsForCopy } from '../quantize/acquire-copy.js';
import { quantizeWeights } from '../quantize/quantize-weights.js';
import type { ModelVocabulary } from '../tokenizers/tokenizer.js';
import { compareLogits, type LogitComparison, type Prediction } from './compare-logits.js';
import { fusedPredictions, positionsToMask } from './predictions.js';
import { type Predict, predictor } from './predictor.js';

export interface CheckOptions
  extends Pick<AcquireCopyOptions, 'signal' | 'onProgress'>,
    Pick<LoadModelOptions, 'onNote' | 'onPull'> {
  scheme: QuantizedDType;
  text: string;
  /** Most tokens of the text that are read. @default 2048 */
  tokens?: number;
  backend?: BackendChoice;
  threads?: number;
  onWarning?: (message: string) => void;
}

export interface QuantizationCheck extends LogitComparison {
  readonly scheme: QuantizedDType;
  /** What was compared: predictions of the next token, of masked tokens, or of the fused model's masked tokens. */
  readonly role: 'ar' | 'mlm' | 'maria';
  /** Tokens of the text that were read. */
  readonly read: number;
}

/** Tokens that are read at once. */
const windowTokens = 256;
const fusedMaskRate = 0.5;

/** An AR model or an MLM alone. @throws DataError, UsageError, DeviceError as `loadModel` does */
export async function checkModel(folder: string, options: CheckOptions): Promise<QuantizationCheck> {
  const model = openSingle(folder);
  const { architecture, weights, expert, checkpoint } = model;
  const windows = await windowsOf(model.vocabulary, options, windowFor(architecture.sizes.maxLength));
  refuseBoth(model, options.scheme);
  const backend = await chooseBackend(options);
  const quantized = await quantizeWeights(
    { sources: [checkpoint.weights], parts: [model], matrices: [expert] },
    options.scheme,
    { ...options, onWait: (label) => options.onNote?.(waitsForCopy(label)) },
  );
  try {
    const [exact, other] = await allOrNone([
      predictor(backend, model, weights, expert, windowTokens),
      predictor(backend, model, quantized.weights(weights), quantized.matrix(expert), windowTokens),
    ]);
    try {
      const comparison = await compareLogits(
        all(windows, exact.predictions, options.signal),
        all(windows, other.predictions),
      );
      return resultOf(options, architecture.kind === 'causal' ? 'ar' : 'mlm', windows, comparison);
    } finally {
      exact.dispose();
      other.dispose();
    }
  } finally {
    quantized.release();
  }
}

/** A pair, or a MARIA checkpoint: its fused predictions. @throws DataError, UsageError, DeviceError as `loadModel` does */
export async function checkPair(
  pair: Pick<LoadModelOptions, 'model' | 'ar' | 'mlm'>,
  options: CheckOptions,
): Promise<QuantizationCheck> {
  const { scheme, signal, onProgress } = options;
  const load = (quantize: 'none' | QuantizedDType) =>
    loadModel({
      ...options,
      ...pair,
      quantize,
      capacity: 2 * windowTokens,
      ...(onProgress && { onQuantize: onProgress }),
    });
  const exact = await load('none');
  try {
    const other = await load(scheme);
    try {
      const length = windowFor(Math.min(exact.ar.capacity, exact.mlm.maxLength));
      const windows = await windowsOf(exact.vocabulary, options, length);
      const first = exact.alignment.arPrefix.length > 0 ? 0 : 1;
      const predictions = (model: typeof exact) => (ids: Int32Array) =>
        fusedPredictions(model, ids, positionsToMask(ids.length, fusedMaskRate, first));
      const comparison = await compareLogits(
        all(windows, predictions(exact), signal),
        all(windows, predictions(other)),
      );
      return resultOf(options, 'maria', windows, comparison);
    } finally {
      other.dispose();
    }
  } finally {
    exact.dispose();
  }
}

/** Room for the tokens around a window. */
function windowFor(maxLength: number): number {
  return Math.max(2, Math.min(windowTokens, maxLength - 4));
}

async function* all(
  windows: readonly Int32Array[],
  predict: Predict,
  signal?: AbortSignal,
): AsyncGenerator<Prediction> {
  for (const ids of windows) {
    signal?.throwIfAborted();
    yield* predict(ids);
  }
}

function resultOf(
  { scheme }: CheckOptions,
  role: QuantizationCheck['role'],
  windows: readonly Int32Array[],
  comparison: LogitComparison,
): QuantizationCheck {
  return { scheme, role, read: windows.reduce((total, { length }) => total + length, 0), ...comparison };
}

/** @throws UsageError when the text is too short to predict anything in it */
async function windowsOf(
  vocabulary: Pick<ModelVocabulary, 'encode'>,
  { text, tokens = 2048 }: CheckOptions,
  length: number,
): Promise<Int32Array[]> {
  const ids: number[] = [];
  // Line by line, so that no more of a long text is encoded than is read.
  for (const line of text.split(/(?<=\n)/)) {
    if (ids.length >= tokens) break;
    ids.push(...(await vocabulary.encode(line)));
  }
  const read = Int32Array.from(ids.slice(0, tokens));
  const windows = Array.from({ length: Math.ceil(read.length / length) }, (_, i) =>
    read.subarray(i * length, (i + 1) * length),
  ).filter((window) => window.length > 1);
  if (windows.length === 0)
    throw new UsageError('text-too-short', `Cannot check the model: the text has ${read.length} tokens.`, {
      try: 'Give a text of some hundred words.',
    });
  return windows;
}

/** Both forms are in memory at once. */
function refuseBoth({ architecture, weights, expert }: SingleModel, scheme: QuantizedDType): void {
  const model = {
    ...(architecture.kind === 'causal'
      ? { ar: { architecture, weights } }
      : { mlm: { architecture, weights } }),
    matrices: [expert],
    vocabularySize: architecture.sizes.vocabularySize,
    capacity: 2 * windowTokens,
  };
  const needed = estimateMemory(model, 'none').total + estimateMemory(model, scheme).weights;
  const { bytes } = availableMemory();
  if (needed > bytes)
    throw new DeviceError(
      'memory-short',
      `Cannot check the model: in float32 and in ${scheme} it takes about ${gibibytes(needed)} of memory, and ${gibibytes(bytes)} are available.`,
      { try: 'Use a machine with more memory.' },
    );
}
