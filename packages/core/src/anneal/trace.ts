// Reads the records of a trace back, and says what is wrong with one.
import { z } from 'zod';
import { DataError } from '../errors.js';
import { misfit } from '../misfit.js';
import type { SweepRecord } from './events.js';

const count = z.int().nonnegative();
const counts = z.array(count);

const schema = z.object({
  seed: count,
  chain: count,
  sweep: count,
  text: z.string(),
  ids: counts.min(1),
  changed: counts,
  masked: counts,
  energy: z.number(),
  temperature: z.number(),
  maskRate: z.number(),
  accepted: z.boolean(),
  confidence: z.array(z.number().min(0).max(1)),
  elapsedMs: z.number().nonnegative(),
});

/**
 * A record of a trace, from parsed JSON.
 * @param name says in the error where the record stands
 * @throws DataError `invalid-trace`
 */
export function readSweepRecord(value: unknown, name: string): SweepRecord {
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw invalid(name, misfit(schema, value, parsed.error));
  const record = parsed.data;
  const { length } = record.ids;
  if (record.confidence.length !== length)
    throw invalid(name, `it has ${length} ids and ${record.confidence.length} values of confidence`);
  const outside = [...record.changed, ...record.masked].find((position) => position >= length);
  if (outside !== undefined) throw invalid(name, `position ${outside} is beyond its ${length} ids`);
  return record;
}

function invalid(name: string, fact: string): DataError {
  return new DataError('invalid-trace', `Cannot read ${name}: not a record of a sweep (${fact}).`, {
    try: 'Give a trace that annealing wrote.',
  });
}
