// How an option that does not fit is refused. Callers from JavaScript may give any type.
import { UsageError } from './errors.js';
import { quoteJson } from './quote.js';

/** @throws UsageError naming the option, its value and what it must be, unless it fits */
export function checkOption(
  doing: string,
  name: string,
  value: unknown,
  fits: boolean,
  wanted: string,
): void {
  if (fits) return;
  const isInJson = ['string', 'boolean', 'object', 'undefined'].includes(typeof value);
  const given = isInJson ? quoteJson(value) : String(value);
  throw new UsageError('option-out-of-range', `Cannot ${doing}: ${name} is ${given}, it must be ${wanted}.`);
}

/** Whether it is a whole number that a double holds exactly, and not below `least`. */
export function isCount(value: unknown, least: number): value is number {
  return Number.isSafeInteger(value) && (value as number) >= least;
}
