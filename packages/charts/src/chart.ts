// What a line chart shows: lines through points, and what the axes mean.

export interface Series {
  readonly name: string;
  /** [x, y] in any order; a line joins them as they come. Points that are not finite leave a hole in the line. */
  readonly points: readonly (readonly [x: number, y: number])[];
}

export interface LineChart {
  readonly title: string;
  /** What the axis shows, with its unit: `time (s)`. */
  readonly x: { readonly label: string };
  readonly y: { readonly label: string };
  readonly series: readonly Series[];
}
