// Values of Parquet columns as JSON has them.
import type { ParquetParsers } from 'hyparquet';

/** Times are text in ISO 8601, with as many digits as they have. */
export const jsonParsers: Partial<ParquetParsers> = {
  timestampFromMilliseconds: (millis) => isoTime(millis, 3),
  timestampFromMicroseconds: (micros) => isoTime(micros, 6),
  timestampFromNanoseconds: (nanos) => isoTime(nanos, 9),
  dateFromDays: (days) => (days == null ? days : isoTime(BigInt(days) * 86_400_000n, 3)?.slice(0, -14)),
};

/** @param time since 1970, in units of 10 to the minus `digits` seconds */
function isoTime(time: bigint | null | undefined, digits: number): string | undefined {
  if (time === null || time === undefined) return undefined;
  const unit = 10n ** BigInt(digits - 3);
  const rest = ((time % unit) + unit) % unit;
  const date = new Date(Number((time - rest) / unit));
  if (Number.isNaN(date.getTime())) return undefined;
  const iso = date.toISOString();
  return rest === 0n ? iso : `${iso.slice(0, -1)}${String(rest).padStart(digits - 3, '0')}Z`;
}

/** Numbers beyond the exact ones of JSON become text, and bytes text in base64. Nothing is null. */
export function jsonValue(value: unknown): unknown {
  if (value === undefined || value === null) return null;
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (typeof value !== 'object') return value;
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (Array.isArray(value) || ArrayBuffer.isView(value))
    return Array.from(value as ArrayLike<unknown>, jsonValue);
  return Object.fromEntries(Object.entries(value).map(([name, held]) => [name, jsonValue(held)]));
}
