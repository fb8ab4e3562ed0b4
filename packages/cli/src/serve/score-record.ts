// POST /score: what `maria score` writes for a record, with the settings as flags.
import { MariaError } from '@maria/core/errors';
import type { JsonObject } from '../jsonl.js';
import { scorableOf } from '../score/inputs.js';
import { runScore } from '../score/run.js';
import { type RecordWork, sinkOf } from './record-work.js';
import { requestName, settingsIn } from './request-body.js';
import { scoreSettings } from './settings.js';

/** `tokens` is also what a record may tell that comes from scoring with them: only true or false is a setting. */
export const scoreOf = (body: JsonObject) =>
  settingsIn(
    scoreSettings,
    body,
    (name, value) =>
      Object.hasOwn(scoreSettings.shape, name) && !(name === 'tokens' && typeof value === 'object'),
  );

/** Writes the record that is scored. @throws the error of the record */
export async function scoreRecord(
  { engine, model, metrics }: RecordWork,
  { settings, record }: ReturnType<typeof scoreOf>,
  signal: AbortSignal,
  write: (text: string) => void,
): Promise<void> {
  const { first_record: firstRecord = 0 } = settings;
  const scorable = scorableOf(record, requestName, { firstRecord }, firstRecord);
  await runScore(
    {
      engine,
      model,
      signal,
      excludeSpecial: settings.exclude_special ?? false,
      specialTokens: settings.special_tokens ?? false,
      window: settings.window,
      keepGoing: false,
      batch: 1,
      tellsTokens: settings.tokens ?? false,
      sink: sinkOf(write),
      summary: { add: ({ masked }) => metrics.scored(masked.length) },
      progress: { finish() {}, note() {} },
    },
    (async function* () {
      yield scorable;
    })(),
  ).catch((error: unknown) => {
    // There is only one: its errors need no place.
    throw error instanceof MariaError && error.cause instanceof MariaError ? error.cause : error;
  });
}
