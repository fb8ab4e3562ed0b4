// When the MLM reads a sequence again while it is filled, with the tokens that it has by then.
import { isCount } from '../check-option.js';

/** After so many filled tokens, before each gap (a run of masked positions), or never. */
export type Refresh = 'off' | 'gap' | number;

/** `auto`: by what reading again costs and gains with an untrained head. */
export type RefreshChoice = Refresh | 'auto';

export function isRefresh(value: unknown): value is RefreshChoice {
  return value === 'auto' || value === 'off' || value === 'gap' || isCount(value, 1);
}

/** Below this part of masked tokens an untrained head gains less than a fiftieth of its perplexity. */
const leastMasked = 1 / 4;

/** A reading takes the time of so many tokens of the sequence in steps of the AR model, more or less. */
const tokensPerStep = 24;

/**
 * What `auto` is for a sequence: with K = one for each 24 tokens of it the readings take about as long as the AR model's steps, so that the time
 * at most doubles; and where less than a quarter is masked it is off, as the MLM sees nearly all from the start.
 */
export function refreshFor(choice: RefreshChoice, masked: readonly number[], length: number): Refresh {
  if (choice !== 'auto') return choice;
  return masked.length < leastMasked * length ? 'off' : Math.max(1, Math.round(length / tokensPerStep));
}

/** Indices of the masked positions (ascending) before which the MLM reads, for each of them the last one up to it. */
export function readingStarts(refresh: Refresh, masked: readonly number[]): Int32Array {
  let start = 0;
  return Int32Array.from(masked, (position, index) => {
    const isDue =
      refresh === 'gap' ? position !== masked[index - 1]! + 1 : refresh !== 'off' && index % refresh === 0;
    if (index > 0 && isDue) start = index;
    return start;
  });
}
