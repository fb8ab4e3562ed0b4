// What a run came from, as its states record it, and whether what it goes on with is still the same.
import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import { type Checkpoint, fingerprint, type Quantization } from '@maria/checkpoints';
import { heldAs } from '@maria/checkpoints/quantization';
import { type Alignment, DataError, sameShape } from '@maria/core';
import type { DataSource } from './data-source.js';
import type { ReadWindows } from './read-windows.js';
import type { RunData, RunState } from './run-state.js';
import type { TrainingPair } from './training-pair.js';

export type RunOrigin = Omit<RunState, 'version' | 'step' | 'settings'>;

export function originOf(
  training: TrainingPair,
  quantize: Quantization,
  alignment: Alignment,
  vocabularySize: number,
  data: RunData,
  evalData: RunData | undefined,
): RunOrigin {
  const { pair } = training;
  const backbone = ({ folder, weights }: Checkpoint, hiddenSize: number) => ({
    path: resolve(folder),
    fingerprint: fingerprint(weights),
    hiddenSize,
  });
  return {
    data,
    ...(evalData && { evalData }),
    ar: backbone(training.ar, pair.ar.architecture.sizes.hiddenSize),
    mlm: backbone(training.mlm, pair.mlm.architecture.sizes.hiddenSize),
    quantize,
    alignment: {
      arPrefix: [...alignment.arPrefix],
      mlmPrefix: [...alignment.mlmPrefix],
      mlmSuffix: [...alignment.mlmSuffix],
    },
    vocabularySize,
    vocabulary: createHash('sha256').update(JSON.stringify(pair.vocabulary.tokens)).digest('hex'),
  };
}

/** What states call a source that is no file. */
export const streamSource = '-';

export function dataOf(sources: readonly DataSource[], { windows, sha256 }: ReadWindows): RunData {
  return {
    sources: sources.map(({ file }) => file ?? streamSource),
    sha256,
    windows: windows.count,
    tokens: windows.tokens,
    documents: windows.documents,
  };
}

/**
 * Differences that a run can live with, as lines to warn of.
 * @throws DataError for those that it cannot: its head would not fit, or its rows would be other tokens
 */
export function differences(before: RunOrigin, now: RunOrigin): string[] {
  const cannot = (fact: string) =>
    new DataError('run-mismatch', `Cannot go on with the run: ${fact}.`, {
      try: 'Give the models that the run was started with, or start one in another folder.',
    });
  for (const [what, a, b] of [
    ['AR model', before.ar, now.ar],
    ['MLM', before.mlm, now.mlm],
  ] as const) {
    if (a.hiddenSize !== b.hiddenSize)
      throw cannot(`its head reads ${a.hiddenSize} numbers of the ${what}, which gives ${b.hiddenSize}`);
  }
  if (before.vocabulary !== now.vocabulary || before.vocabularySize > now.vocabularySize)
    throw cannot(`the pair has another vocabulary than the head of ${before.vocabularySize} rows`);

  const lines: string[] = [];
  if (before.ar.fingerprint !== now.ar.fingerprint)
    lines.push('The AR model has other weights than the run was started with.');
  if (before.mlm.fingerprint !== now.mlm.fingerprint)
    lines.push('The MLM has other weights than the run was started with.');
  if (before.quantize !== now.quantize)
    lines.push(
      `The models are held ${heldAs(now.quantize)}, and the run was started with models held ${heldAs(before.quantize)}.`,
    );
  const sameAlignment = (['arPrefix', 'mlmPrefix', 'mlmSuffix'] as const).every((key) =>
    sameShape(before.alignment[key], now.alignment[key]),
  );
  if (!sameAlignment) lines.push('Other tokens stand around the text than when the run was started.');
  if (before.data.sha256 !== now.data.sha256)
    lines.push(
      `The data are not those that the run was started with: ${counts(now.data)} now, ${counts(before.data)} then.`,
    );
  if (before.evalData?.sha256 !== now.evalData?.sha256)
    lines.push(
      'The held-out data are not those that the run was started with: losses before and after do not compare.',
    );
  return lines;
}

function counts({ windows, tokens }: RunData): string {
  return `${windows} windows of ${tokens} tokens`;
}
