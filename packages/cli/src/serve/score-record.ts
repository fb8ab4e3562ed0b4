// POST /score: what `maria score` writes for a record, with the settings as flags.
import type { MariaModel } from '@maria/core';
import { MariaError } from '@maria/core/errors';
import type { z } from 'zod';
import type { Engine } from '../engine.js';
import type { JsonObject } from '../jsonl.js';
import { scorableOf } from '../score/inputs.js';
import { runScore } from '../score/run.js';
import type { Metrics } from './metrics.js';
import { readFields, requestName } from './request-body.js';
import { scoreSettings } from './settings.js';

/** `tokens` is also what a record may tell that comes from scoring with them: only true or false is a setting. */
const names = Object.keys(scoreSettings.shape);

export function scoreOf(body: JsonObject): {
  readonly settings: z.output<typeof scoreSettings>;
  readonly record: JsonObject;
} {
  const isSetting = ([name, value]: [string, unknown]) =>
    names.includes(name) && !(name === 'tokens' && typeof value === 'object');
  const given = Object.entries(body);
  return {
    settings: readFields(scoreSettings, Object.fromEntries(given.filter(isSetting))),
    record: Object.fromEntries(given.filter((field) => !isSetting(field))),
  };
}

/** Writes the record that is scored. @throws the error of the record */
export async function scoreRecord(
  {
    engine,
    model,
    metrics,
  }: { readonly engine: Engine; readonly model: MariaModel; readonly metrics: Metrics },
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
      sink: {
        write: async (part) => write(String(part)),
        close: async () => {},
        abandon: async () => undefined,
      },
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
