// What the MARIA checkpoints of a run say of themselves.
import type { MariaDescription } from '@maria/checkpoints';
import { draftScaleOf, type HiddenRows } from '@maria/core';
import type { MetricsRecord } from './metrics-file.js';
import type { OpenTraining } from './open-training.js';

/**
 * @param last record of the head that is described, if there is one
 * @param rows what the draft scale is fitted to
 */
export async function describedTraining(
  { training, settings, origin, trainer }: OpenTraining,
  last: MetricsRecord | undefined,
  rows: HiddenRows | undefined,
): Promise<MariaDescription> {
  return {
    vocabularySize: origin.vocabularySize,
    alignment: origin.alignment,
    ar: training.ar,
    mlm: training.mlm,
    fingerprints: { ar: origin.ar.fingerprint, mlm: origin.mlm.fingerprint },
    ...(origin.quantize !== 'none' && { trainedOn: origin.quantize }),
    ...(settings.refresh !== undefined && { refresh: settings.refresh }),
    ...(rows && { draftScale: Math.round(1000 * (await draftScaleOf(await trainer.head(), rows))) / 1000 }),
    training: {
      step: trainer.steps,
      ...settings,
      dataTokens: origin.data.tokens,
      dataSha256: origin.data.sha256,
      ...(origin.evalData && { evalDataSha256: origin.evalData.sha256 }),
      ...(last && { loss: last.loss }),
      ...(last?.evalLoss !== undefined && { evalLoss: last.evalLoss }),
    },
  };
}
