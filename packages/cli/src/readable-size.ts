// Sizes for people to read.
const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

/** For example "523 MiB" or "4.70 GiB": three digits, in the largest unit that gives at least 1. */
export function readableSize(bytes: number): string {
  let value = bytes;
  let unit = 0;
  // 999.5 would be shown as 1000.
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 ? value : value.toFixed(value < 9.995 ? 2 : value < 99.95 ? 1 : 0)} ${units[unit]}`;
}
