// The unbroken pieces of a series: points that have no place on the axes end a piece.
import type { LineChart, Point, Series } from './chart.js';
import { hasPlace } from './frame.js';

export function runsOf({ points }: Series, axes: Pick<LineChart, 'x' | 'y'>): Point[][] {
  const runs: Point[][] = [];
  let open = false;
  for (const point of points) {
    if (!hasPlace(point, axes)) {
      open = false;
      continue;
    }
    if (!open) runs.push([]);
    runs.at(-1)!.push(point);
    open = true;
  }
  return runs;
}
