// Numbers as tables show them.
import type { Estimate } from '../statistics/bootstrap.js';

/** `3.14 [3.02, 3.27]`, without brackets where there is no interval; `sign` says that it is a bound, as ≤. */
export function estimateText(
  { value, low, high }: Estimate,
  { digits = 2, sign = '', signed = false } = {},
): string {
  const text = (number: number) => `${signed && number > 0 ? '+' : ''}${fixed(number, digits)}`;
  const interval = low === undefined || high === undefined ? '' : ` [${text(low)}, ${text(high)}]`;
  return `${sign === '' ? '' : `${sign} `}${text(value)}${interval}`;
}

/** Large numbers without digits that say nothing. */
export function fixed(value: number, digits: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'none' : value > 0 ? '∞' : '-∞';
  const left = Math.max(0, Math.floor(Math.log10(Math.max(1, Math.abs(value)))));
  return left >= 6 ? value.toExponential(2) : value.toFixed(Math.max(0, digits - Math.max(0, left - 1)));
}

export function percent(part: number): string {
  return `${(100 * part).toFixed(1)} %`;
}
