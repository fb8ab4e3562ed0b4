// The contests of a judge run: for each text of an infill run, every two systems, in both orders.
import type { JsonObject } from '@maria/checkpoints';
import { DataError } from '@maria/core';
import { originalName } from '../infill/run-infill.js';

/** A text that was filled by several systems. */
export interface ContestText {
  readonly data: string;
  readonly document: number;
  readonly window: number;
  readonly rate?: number;
  readonly gapped: string;
  /** The whole text of each contestant. */
  readonly texts: Readonly<Record<string, string>>;
}

export interface Contest {
  readonly text: ContestText;
  /** Names of two contestants, in the order of the list. */
  readonly a: string;
  readonly b: string;
}

interface FillRecord {
  readonly system: string;
  readonly data: string;
  readonly document: number;
  readonly window: number;
  readonly rate?: number;
  readonly gapped: string;
  readonly references: readonly string[];
  readonly text: string;
}

/**
 * The texts that all contestants filled, in the order of the records.
 * @param original whether the texts as they were take part too
 * @throws DataError for fewer than two contestants, or no text that all of them filled
 */
export function contestTexts(
  records: readonly JsonObject[],
  { original }: { readonly original: boolean },
): { readonly names: readonly string[]; readonly texts: readonly ContestText[] } {
  const fills = records.filter(
    (record) => typeof record.system === 'string' && typeof record.text === 'string',
  ) as unknown as readonly FillRecord[];
  const names = [...(original ? [originalName] : []), ...new Set(fills.map(({ system }) => system))];
  if (names.length < 2)
    throw new DataError(
      'too-few-systems',
      `Cannot compare systems: the run holds fills of ${names.length === 0 ? 'none' : `${names[0]} alone`}.`,
      { try: 'Fill with two systems or more.' },
    );
  const texts = new Map<string, ContestText & { texts: Record<string, string> }>();
  for (const { system, text, gapped, references, data, document, window, rate } of fills) {
    const place = { data, document, window, ...(rate !== undefined && { rate }) };
    const key = JSON.stringify(place);
    let one = texts.get(key);
    if (!one) {
      const before = original ? { [originalName]: restored(gapped, references) } : {};
      one = { ...place, gapped, texts: before };
      texts.set(key, one);
    }
    one.texts[system] = text;
  }
  const whole = [...texts.values()].filter((one) => names.every((name) => Object.hasOwn(one.texts, name)));
  if (whole.length === 0)
    throw new DataError('too-few-systems', 'Cannot compare systems: no text was filled by all of them.');
  return { names, texts: whole };
}

function restored(gapped: string, references: readonly string[]): string {
  return gapped
    .split('[____]')
    .map((piece, i) => piece + (references[i] ?? ''))
    .join('');
}

/** Every two of the names for each text. */
export function contestsOf(names: readonly string[], texts: readonly ContestText[]): Contest[] {
  return texts.flatMap((text) => names.flatMap((a, i) => names.slice(i + 1).map((b) => ({ text, a, b }))));
}
