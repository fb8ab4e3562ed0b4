// POST /infill with a record of maria: what `maria infill --jsonl` writes for it, with the settings as flags.
import { randomInt } from 'node:crypto';
import { defined } from '../flags.js';
import { runInfill } from '../infill/run.js';
import { temperatureOf } from '../infill/sampling.js';
import { textOfRecord } from '../infill/texts.js';
import type { JsonObject } from '../jsonl.js';
import { type RecordWork, sinkOf } from './record-work.js';
import { requestName, settingsIn } from './request-body.js';
import { infillSettings } from './settings.js';

/** The settings, and the record without them. */
export const infillOf = (body: JsonObject) => settingsIn(infillSettings, body);

/** Writes the record that is filled, or its events as they happen. @throws the error of the text */
export async function fillRecord(
  { engine, model, metrics }: RecordWork,
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
      sink: sinkOf(write),
      stats: { begin() {}, end() {}, add: (result) => metrics.filled(result) },
      progress: {
        follow: (event) => {
          if (event.type === 'gap-filled') metrics.token();
        },
        finish() {},
      },
      note() {},
      tell() {},
    },
    [text],
  );
}
