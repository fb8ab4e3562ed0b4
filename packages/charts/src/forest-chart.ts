// Values with their intervals, a row each: how far ratings are apart, and how sure they are.
import { fraction, rangeAround } from './frame.js';
import { at, escapeXml, line, text } from './svg.js';
import { formatTick, roundTicks } from './ticks.js';

export interface ForestChart {
  readonly title: string;
  /** What the values are, with their unit. */
  readonly label: string;
  /** From the top. */
  readonly rows: readonly ForestRow[];
}

export interface ForestRow {
  readonly name: string;
  readonly value: number;
  readonly interval?: readonly [low: number, high: number];
}

const width = 720;
const rowHeight = 28;
const plot = { left: 200, right: 690, top: 44 };
const color = '#0072b2';
const longestName = 26;

/** A standalone SVG document on white. The same chart gives the same bytes. */
export function forestChartSvg({ title, label, rows }: ForestChart): string {
  const shown = rows.filter(({ value }) => Number.isFinite(value));
  const bottom = plot.top + rowHeight * shown.length;
  const height = bottom + 52;
  const range = rangeAround(shown.flatMap(({ value, interval = [] }) => [value, ...interval]));
  const atX = (value: number) => plot.left + 14 + fraction(value, range) * (plot.right - plot.left - 28);
  const lines = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12">`,
    `<title>${escapeXml(title)}</title>`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    text(plot.left, 24, 'start', title, ' font-size="15"'),
    ...roundTicks(range, 6).flatMap((value) => [
      line(atX(value), plot.top, atX(value), bottom, '#e5e5e5'),
      text(atX(value), bottom + 18, 'middle', formatTick(value)),
    ]),
    line(plot.left, bottom, plot.right, bottom, '#555'),
    text((plot.left + plot.right) / 2, bottom + 40, 'middle', label),
    ...shown.flatMap(({ name, value, interval }, i) => {
      const y = plot.top + rowHeight * (i + 0.5);
      return [
        text(plot.left - 10, y + 4, 'end', shortened(name)),
        ...(interval
          ? [
              `<path d="M${at(atX(interval[0]))} ${at(y - 4)}v8m0 -4H${at(atX(interval[1]))}m0 -4v8" fill="none" stroke="${color}"/>`,
            ]
          : []),
        `<circle cx="${at(atX(value))}" cy="${at(y)}" r="4.5" fill="${color}" stroke="#fff"/>`,
      ];
    }),
    '</svg>',
  ];
  return `${lines.join('\n')}\n`;
}

function shortened(name: string): string {
  return name.length <= longestName ? name : `${name.slice(0, longestName - 1)}…`;
}
