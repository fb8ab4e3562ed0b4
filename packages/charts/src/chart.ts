// What a line chart shows: lines through points, and what the axes mean.

export interface Series {
  readonly name: string;
  /** [x, y] in any order; a line joins them as they come. Points that have no place on the axes leave a hole in the line. */
  readonly points: readonly Point[];
  /** Of y, for each point, undefined where none is known: drawn as a bar through the point. Charts as text leave them out. */
  readonly intervals?: readonly (readonly [low: number, high: number] | undefined)[];
  /** Points that belong to the series and are on no line, each with its label. The x axis has no ticks for them. Charts as text leave the labels out. */
  readonly apart?: readonly LabelledPoint[];
}

export interface LabelledPoint {
  readonly point: Point;
  readonly label: string;
}

export type Point = readonly [x: number, y: number];

export interface Axis {
  /** What the axis shows, with its unit: `time (s)`. */
  readonly label: string;
  /** `log`: equal factors are equal distances, and only numbers above 0 have a place. @default 'linear' */
  readonly scale?: Scale;
}

export type Scale = 'linear' | 'log';

export interface LineChart {
  readonly title: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly series: readonly Series[];
}
