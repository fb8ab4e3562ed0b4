// The unbroken pieces of a series: points that are not finite end a piece.

import type { Series } from './chart.js';
import { isFinitePoint } from './frame.js';

export function runsOf({ points }: Series): (readonly [number, number])[][] {
  const runs: (readonly [number, number])[][] = [];
  let open = false;
  for (const point of points) {
    if (!isFinitePoint(point)) {
      open = false;
      continue;
    }
    if (!open) runs.push([]);
    runs.at(-1)!.push(point);
    open = true;
  }
  return runs;
}
