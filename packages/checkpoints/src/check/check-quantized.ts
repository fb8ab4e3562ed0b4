// Compares a quantised model with the same model in float32, on a text.

import {
  allOrNone,
  DeviceError,
  inOrder,
  type Model,
  type QuantizedDType,
  sequencesFor,
  UsageError,
} from '@maria/core';
import { int8Limit } from '@maria/kernels';
import { unreadOf, unreadOfPair, unreadWarnings } from '../inspect/unread.js';
import { type LoadModelOptions, loadPair } from '../load/load-model.js';
import { startBackend } from '../load/start-backend.js';
import { type AvailableMemory, availableMemory, placeOf } from '../memory/available.js';
import { type EstimatedModel, estimatedSingle, estimateTogether } from '../memory/estimate.js';
import { traceFitting, withFittingLanes } from '../memory/lanes-that-fit.js';
import { gibibytes } from '../memory/refuse-short-memory.js';
import { openPair } from '../pair/open-pair.js';
import { openSingle } from '../pair/open-single.js';
import type { NamedModels } from '../pair/resolve-folders.js';
import { traceBackbone } from '../pair/trace-pair.js';
import { type AcquireCopyOptions, waitsForCopy } from '../quantize/acquire-copy.js';
import { quantizeWeights, usesOfSingle } from '../quantize/quantize-weights.js';
import type { ModelVocabulary } from '../tokenizers/tokenizer.js';
import {
  compareEach,
  type LogitComparison,
  summarizeComparisons,
  type TokenComparison,
} from './compare-logits.js';
import { predictions } from './predictions.js';
import { runSingle } from './run-single.js';

export interface CheckOptions
  extends Pick<AcquireCopyOptions, 'signal' | 'onProgress'>,
    Pick<
      LoadModelOptions,
      'backend' | 'device' | 'dtype' | 'gpuMemory' | 'tf32' | 'threads' | 'onNote' | 'onPull'
    > {
  scheme: QuantizedDType;
  text: string;
  /** Most tokens of the text that are read. @default 2048 */
  tokens?: number;
  onWarning?: (message: string) => void;
}

export interface QuantizationCheck extends LogitComparison {
  readonly scheme: QuantizedDType;
  /** What was compared: predictions of the next token, of masked tokens, or of the fused model's masked tokens. */
  readonly role: 'ar' | 'mlm' | 'maria';
  /** Tokens of the text that were read. */
  readonly read: number;
}

/** Tokens of a sequence. */
const windowTokens = 256;
const defaultTokens = 2048;
/** More windows at once gain nothing: a pass is wide enough. */
const mostLanes = 4;
/** Tokens of the KV cache of an AR model alone: a window, and what stands before it. */
const capacity = windowTokens + 8;

/** An AR model or an MLM alone. @throws DataError, UsageError, DeviceError as `loadModel` does */
export async function checkModel(folder: string, options: CheckOptions): Promise<QuantizationCheck> {
  const { starting, on, available } = await startBackend(options);
  const opened = await openSingle(folder, options);
  const model = withFittingLanes(
    { capacity, lanes: lanesFor(options) },
    ['none', options.scheme],
    (cache) => traceBackbone(opened, cache),
    (traced) => ({ ...estimatedSingle(traced, capacity), ...on }),
    available,
  );
  const uses = usesOfSingle(model);
  for (const warning of unreadWarnings(unreadOf([model.checkpoint], uses, [model])))
    options.onWarning?.(warning);
  const { architecture, weights, expert } = model;
  const windows = await windowsOf(model.vocabulary, options, windowFor(architecture.sizes.maxLength));
  refuseBoth({ ...estimatedSingle(model, capacity), ...on }, options.scheme, available);
  const backend = await starting;
  const quantized = await quantizeWeights(uses, options.scheme, {
    ...options,
    ...(options.scheme === 'int8' && { int8Limit: await int8Limit(backend) }),
    onWait: (label) => options.onNote?.(waitsForCopy(label)),
  });
  try {
    const [exact, other] = await allOrNone([
      runSingle(backend, model),
      runSingle(backend, {
        ...model,
        weights: quantized.weights(weights),
        expert: quantized.matrix(expert),
      }),
    ]);
    try {
      return await compare(exact, other, architecture.kind === 'causal' ? 'ar' : 'mlm', windows, options);
    } finally {
      exact.dispose();
      other.dispose();
    }
  } finally {
    quantized.release();
  }
}

/** A pair, or a MARIA checkpoint: its fused predictions. @throws DataError, UsageError, DeviceError as `loadModel` does */
export async function checkPair(names: NamedModels, options: CheckOptions): Promise<QuantizationCheck> {
  const { scheme, onProgress } = options;
  const { starting, on, available } = await startBackend(options);
  const cache = { capacity: 2 * windowTokens, lanes: lanesFor(options) };
  const pair = traceFitting(await openPair(names, options), cache, ['none', scheme], available, on);
  for (const warning of unreadWarnings(unreadOfPair(pair))) options.onWarning?.(warning);
  const load = (quantize: 'none' | QuantizedDType) =>
    loadPair(starting, pair, {
      ...options,
      quantize,
      available,
      on,
      ...(onProgress && { onQuantize: onProgress }),
    });
  const exact = await load('none');
  try {
    const other = await load(scheme);
    try {
      const length = windowFor(Math.min(exact.ar.capacity, exact.mlm.maxLength));
      const windows = await windowsOf(exact.vocabulary, options, length);
      return await compare(exact, other, 'maria', windows, options);
    } finally {
      other.dispose();
    }
  } finally {
    exact.dispose();
  }
}

/** Windows that are read at once, where memory has room for them. */
function lanesFor({ tokens = defaultTokens }: CheckOptions): number {
  return Math.min(mostLanes, Math.ceil(tokens / windowTokens));
}

/** Room for the tokens around a window. */
function windowFor(maxLength: number): number {
  return Math.max(2, Math.min(windowTokens, maxLength - 4));
}

async function compare(
  exact: Model,
  other: Model,
  role: QuantizationCheck['role'],
  windows: readonly Int32Array[],
  { scheme, signal }: CheckOptions,
): Promise<QuantizationCheck> {
  const atOnce = sequencesFor(exact.ar?.lanes ?? mostLanes);
  const all = async function* (): AsyncGenerator<TokenComparison> {
    for await (const told of inOrder(windows, atOnce, (ids) =>
      compareEach(predictions(exact, role, ids), predictions(other, role, ids)),
    )) {
      signal?.throwIfAborted();
      if ('error' in told) throw told.error;
      if ('event' in told) yield told.event;
    }
  };
  const read = windows.reduce((total, { length }) => total + length, 0);
  return { scheme, role, read, ...(await summarizeComparisons(all())) };
}

/** @throws UsageError when the text is too short to predict anything in it */
async function windowsOf(
  vocabulary: Pick<ModelVocabulary, 'encode'>,
  { text, tokens = defaultTokens }: CheckOptions,
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
function refuseBoth(
  single: EstimatedModel,
  scheme: QuantizedDType,
  available: AvailableMemory = availableMemory(),
): void {
  const needed = estimateTogether(single, ['none', scheme]).total;
  if (needed > available.bytes)
    throw new DeviceError(
      'memory-short',
      `Cannot check the model: in float32 and in ${scheme} it takes about ${gibibytes(needed)} of memory, and ${gibibytes(available.bytes)} are ${placeOf(available)}.`,
      { try: 'Use a machine with more memory.' },
    );
}
