// What a chart shows of the plane: the range of each axis, and round numbers along it.
import type { LineChart } from './chart.js';

export interface Range {
  readonly least: number;
  readonly most: number;
}

export interface Frame {
  readonly x: Range;
  readonly y: Range;
}

/** The smallest frame around all finite points. A range without extent is widened, so that every point has a place in it. */
export function frameOf({ series }: LineChart): Frame {
  const points = series.flatMap((one) => one.points.filter(isFinitePoint));
  return { x: rangeOf(points.map(([x]) => x)), y: rangeOf(points.map(([, y]) => y)) };
}

/** Also says no to numbers so large that the extent of the axis would not be finite. */
export function isFinitePoint(point: readonly [number, number]): boolean {
  return point.every((value) => Math.abs(value) < 1e300);
}

function rangeOf(values: readonly number[]): Range {
  const least = values.reduce((a, b) => Math.min(a, b), Infinity);
  const most = values.reduce((a, b) => Math.max(a, b), -Infinity);
  if (least > most) return { least: 0, most: 1 };
  if (least < most) return { least, most };
  const margin = Math.abs(least) * 0.1 || 1;
  return { least: least - margin, most: most + margin };
}

/** Where in the range a value lies: 0 at its least, 1 at its most. */
export function fraction(value: number, { least, most }: Range): number {
  return (value - least) / (most - least);
}

/** Multiples of 1, 2 or 5 times a power of ten within the range, about `count` of them. */
export function ticksOf({ least, most }: Range, count: number): number[] {
  const step = tickStep((most - least) / Math.max(1, count));
  const first = Math.ceil(least / step - 1e-9);
  const last = Math.floor(most / step + 1e-9);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => (first + i) * step);
}

function tickStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough));
  const multiple = [1, 2, 5].find((candidate) => candidate * power >= rough * (1 - 1e-9)) ?? 10;
  return multiple * power;
}

/** At most four significant digits, without trailing zeros: 1200, 0.25, 3e-7. */
export function formatTick(value: number): string {
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e6))
    return value.toExponential(1).replace(/\.0e/, 'e').replace('e+', 'e');
  return String(Number(value.toPrecision(4)));
}
