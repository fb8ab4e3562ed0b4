// POST /infill with a record of maria: what `maria infill --jsonl` writes for it, with the settings as flags.
import { randomInt } from 'node:crypto';
import type { MariaModel } from '@maria/core';
import type { z } from 'zod';
import type { Engine } from '../engine.js';
import { defined } from '../flags.js';
import { runInfill } from '../infill/run.js';
import { temperatureOf } from '../infill/sampling.js';
import { textOfRecord } from '../infill/texts.js';
import type { JsonObject } from '../jsonl.js';
import type { Metrics } from './metrics.js';
import { readFields, requestName } from './request-body.js';
import { infillSettings } from './settings.js';

const names = Object.keys(infillSettings.shape);

/** The settings, and the record without them. */
export function infillOf(body: JsonObject): {
  readonly settings: z.output<typeof infillSettings>;
  readonly record: JsonObject;
} {
  const given = Object.entries(body);
  const settings = readFields(
    infillSettings,
    Object.fromEntries(given.filter(([name]) => names.includes(name))),
  );
  return { settings, record: Object.fromEntries(given.filter(([name]) => !names.includes(name))) };
}

/** Writes the record that is filled, or its events as they happen. @throws the error of the text */
export async function fillRecord(
  {
    engine,
    model,
    metrics,
  }: { readonly engine: Engine; readonly model: MariaModel; readonly metrics: Metrics },
  { settings, record }: ReturnType<typeof infillOf>,
  signal: AbortSignal,
  write: (text: string) => void,
): Promise<void> {
  const { top_k: topK, top_p: topP, samples, alternatives, system = 'maria', window } = settings;
  // There is only one: its errors need no place.
  const { name: _, ...text } = textOfRecord(record, { index: 0, name: requestName });
  await engine.requireSystem(model, system);
  const temperature = temperatureOf({ temperature: settings.temperature, samples, topK, topP });
  const hasSeed = 'seed' in text && text.seed !== undefined;
  const runSeed = !hasSeed && (temperature ?? 0) > 0 ? randomInt(2 ** 32) : undefined;
  await runInfill(
    {
      engine,
      model,
      options: {
        system,
        ...defined({ temperature, topK, topP, samples, alternatives, seed: runSeed }),
        underscores: settings.underscores ?? false,
        specialTokens: settings.special_tokens ?? false,
        lineBreaks: settings.line_breaks ?? false,
        speculate: 'auto',
        window,
        signal,
      },
      ...defined({ runSeed }),
      firstRecord: settings.first_record ?? 0,
      format: settings.stream ? 'events' : 'json',
      keepGoing: false,
      batch: 1,
      color: false,
      sink: {
        write: async (part) => write(String(part)),
        close: async () => {},
        abandon: async () => undefined,
      },
      stats: { begin() {}, end() {}, add: (result) => metrics.filled(result) },
      progress: {
        follow: (event) => {
          if (event.type === 'gap-filled') metrics.token();
        },
        finish() {},
      },
      note() {},
    },
    [text],
  );
}
