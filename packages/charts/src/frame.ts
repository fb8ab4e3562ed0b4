// What a chart shows of the plane: the range of each axis, and which points have a place in it.
import type { Axis, LabelledPoint, LineChart, Point, Scale, Series } from './chart.js';

export interface Range {
  readonly least: number;
  readonly most: number;
  readonly scale: Scale;
}

export interface Frame {
  readonly x: Range;
  readonly y: Range;
}

/** The smallest frame around all points, those apart too, and their intervals. A range without extent is widened, so that every point has a place in it. */
export function frameOf({ x, y, series }: LineChart): Frame {
  const axes = { x, y };
  const points = series.flatMap((one) => [
    ...one.points.filter((point) => hasPlace(point, axes)),
    ...apartOf(one, axes).map(({ point }) => point),
  ]);
  return {
    x: rangeOf(
      points.map(([px]) => px),
      x,
    ),
    y: rangeOf(
      [
        ...points.map(([, py]) => py),
        ...series.flatMap((one) => barsOf(one, axes).flatMap(([, bar]) => bar)),
      ],
      y,
    ),
  };
}

/** The intervals that have a place, with the x of their points. */
export function barsOf(
  { points, intervals = [] }: Series,
  axes: Pick<LineChart, 'x' | 'y'>,
): (readonly [x: number, bar: readonly [low: number, high: number]])[] {
  return points.flatMap((point, i) => {
    const bar = intervals[i];
    return bar && hasPlace(point, axes) && bar.every((end) => isOn(end, axes.y))
      ? [[point[0], bar] as const]
      : [];
  });
}

/** Those of the points apart that have a place. */
export function apartOf({ apart = [] }: Series, axes: Pick<LineChart, 'x' | 'y'>): LabelledPoint[] {
  return apart.filter(({ point }) => hasPlace(point, axes));
}

/** Also says no to numbers so large that the extent of the axis would not be finite. */
export function hasPlace([px, py]: Point, { x, y }: Pick<LineChart, 'x' | 'y'>): boolean {
  return isOn(px, x) && isOn(py, y);
}

function isOn(value: number, { scale }: Axis): boolean {
  return Math.abs(value) < 1e300 && (scale !== 'log' || value > 1e-300);
}

/** The smallest range around all values, on a linear axis. */
export function rangeAround(values: readonly number[]): Range {
  return rangeOf(
    values.filter((value) => Math.abs(value) < 1e300),
    { label: '' },
  );
}

function rangeOf(values: readonly number[], { scale = 'linear' }: Axis): Range {
  const least = values.reduce((a, b) => Math.min(a, b), Infinity);
  const most = values.reduce((a, b) => Math.max(a, b), -Infinity);
  if (least > most) return scale === 'log' ? { least: 1, most: 10, scale } : { least: 0, most: 1, scale };
  const hasExtent = scale === 'log' ? Math.log(least) < Math.log(most) : least < most;
  if (hasExtent) return { least, most, scale };
  if (scale === 'log') return { least: least / 1.5, most: most * 1.5, scale };
  const margin = Math.abs(least) * 0.1 || 1;
  return { least: least - margin, most: most + margin, scale };
}

/** Where in the range a value lies: 0 at its least, 1 at its most. */
export function fraction(value: number, { least, most, scale }: Range): number {
  if (scale === 'log') return (Math.log(value) - Math.log(least)) / (Math.log(most) - Math.log(least));
  return (value - least) / (most - least);
}
