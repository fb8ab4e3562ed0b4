// Line charts, as SVG for a file and as text for a terminal.
import type { LineChart } from './chart.js';
import { frameOf } from './frame.js';
import { drawSvg } from './svg.js';
import { drawText } from './text.js';

/**
 * A standalone SVG document on white, one chart below the other, each 720 pixels wide, 420 high and what its legend takes.
 * The same charts give the same bytes.
 */
export function lineChartSvg(...charts: readonly LineChart[]): string {
  return drawSvg(charts.map((chart) => [chart, frameOf(chart)] as const));
}

export interface TextSize {
  /** Width in cells, axis labels included. @default 72 */
  readonly columns?: number;
  /** Height in lines, title and axis included. @default 14 */
  readonly rows?: number;
}

/**
 * Lines of text, joined by "\n", none longer than `columns`: the lines of the chart in dots of a quarter cell (braille), with marks at
 * points; several series have a mark each, told in the last lines. Too small a size gives the title only.
 */
export function lineChartText(chart: LineChart, { columns = 72, rows = 14 }: TextSize = {}): string {
  return drawText(chart, frameOf(chart), columns, rows).join('\n');
}
