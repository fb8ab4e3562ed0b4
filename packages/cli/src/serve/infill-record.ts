// POST /infill with a record of maria: what `maria infill --jsonl` writes for it, with the settings as flags.
import { randomInt } from 'node:crypto';
import type { InfillResult } from '@maria/core';
import { defined } from '../flags.js';
import { eventRecord } from '../infill/records.js';
import { runInfill } from '../infill/run.js';
import { temperatureOf } from '../infill/sampling.js';
import { textOfRecord } from '../infill/texts.js';
import type { JsonObject } from '../jsonl.js';
import { writeRecord } from '../output.js';
import { explainFills, refuseUnexplained } from './explain-fills.js';
import { type RecordWork, sinkOf } from './record-work.js';
import { requestName, settingsIn } from './request-body.js';
import { infillSettings } from './settings.js';

/** The settings, and the record without them. @throws Refusal 400 naming the setting that does not fit */
export function infillOf(body: JsonObject) {
  const asked = settingsIn(infillSettings, body);
  refuseUnexplained(asked.settings);
  return asked;
}

/** Writes the record that is filled, or its events as they happen. @throws the error of the text */
export async function fillRecord(
  { engine, model, metrics }: RecordWork,
  { settings, record }: ReturnType<typeof infillOf>,
  signal: AbortSignal,
  write: (text: string) => void,
): Promise<void> {
  const { top_k: topK, top_p: topP, samples, alternatives, best, beam, distinct } = settings;
  const { system = 'maria', window, refresh, max_length: maxLength, length_by: lengthBy } = settings;
  // There is only one: its errors need no place.
  const { name: _, ...text } = textOfRecord(record, { index: 0, name: requestName });
  await engine.requireSystem(model, system);
  const temperature = temperatureOf({ ...settings, topK, topP });
  const hasSeed = 'seed' in text && text.seed !== undefined;
  const runSeed = !hasSeed && (temperature ?? 0) > 0 ? randomInt(2 ** 32) : undefined;
  const lineBreaks = settings.line_breaks ?? false;
  const sink = sinkOf(write);
  let filled: InfillResult | undefined;
  await runInfill(
    {
      engine,
      model,
      options: {
        system,
        ...defined({ temperature, topK, topP, samples, alternatives, best, beam, distinct, seed: runSeed }),
        ...defined({ refresh, maxLength, lengthBy }),
        underscores: settings.underscores ?? false,
        specialTokens: settings.special_tokens ?? false,
        lineBreaks,
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
      sink,
      stats: {
        begin() {},
        end() {},
        add(result) {
          filled = result;
          metrics.filled(result);
        },
      },
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
  if (settings.explain === undefined || filled === undefined || 'error' in text) return;
  const asked = { candidates: settings.explain, lineBreaks, signal };
  for await (const event of explainFills({ model }, text, filled, asked))
    await writeRecord(sink, eventRecord(0, text.identity, event));
}
