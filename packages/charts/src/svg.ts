// A chart as SVG.
import type { LineChart, Point, Series } from './chart.js';
import { apartOf, barsOf, type Frame, fraction } from './frame.js';
import { type Box, placeLabels } from './place-labels.js';
import { runsOf } from './runs.js';
import { formatTick, labelsWithRoom, measuredTicks, roundTicks } from './ticks.js';

const width = 720;
/** Without the legend. */
const height = 420;
const plot = { left: 72, right: 700, top: 48, bottom: 356 };
/** Between the lines of the chart and the sides of the plot. */
const margin = 14;
/** Okabe and Ito's colours, which people with any kind of colour vision can tell apart. */
const colors = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#56b4e9', '#e69f00', '#000000'];
/** Of a marker around its point; so many shapes that colours need not be seen. */
const shapes = [
  'm-4 0a4 4 0 1 0 8 0a4 4 0 1 0 -8 0z',
  'm-3.5 -3.5h7v7h-7z',
  'm0 -4.5l4.5 8h-9z',
  'm0 -5l5 5l-5 5l-5 -5z',
  'm0 4.5l4.5 -8h-9z',
];
/** A line of more points has none. */
const mostMarkers = 40;
/** At most, of a character of the labels. */
const characterWidth = 7;
const legendRow = { height: 20, swatch: 30, gap: 18 };

/** One chart below the other. */
export function drawSvg(charts: readonly (readonly [LineChart, Frame])[]): string {
  let total = 0;
  const panels = charts.map(([chart, frame], i) => {
    const legend = legendOf(chart);
    const parts = drawChart(chart, frame, legend);
    const panel = i === 0 ? parts : [`<g transform="translate(0 ${total})">`, ...parts, '</g>'];
    total += height + legend.height;
    return panel;
  });
  const lines = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${total}" viewBox="0 0 ${width} ${total}" font-family="sans-serif" font-size="12">`,
    `<title>${escapeXml(charts.map(([{ title }]) => title).join(', '))}</title>`,
    ...panels.flat(),
    '</svg>',
  ];
  return `${lines.join('\n')}\n`;
}

function drawChart(chart: LineChart, frame: Frame, legend: Legend): string[] {
  const { title, x, y, series } = chart;
  const { left, right } = plot;
  const [top, bottom] = [plot.top + legend.height, plot.bottom + legend.height];
  const atX = (value: number) => left + margin + fraction(value, frame.x) * (right - left - 2 * margin);
  const atY = (value: number) => bottom - margin - fraction(value, frame.y) * (bottom - top - 2 * margin);
  const toPixels = ([px, py]: Point): Point => [atX(px), atY(py)];
  const middle = { x: (left + right) / 2, y: (top + bottom) / 2 };
  const xTicks = measuredTicks(chart) ?? roundTicks(frame.x, 6);
  const xLabels = labelsWithRoom(
    xTicks,
    (tick, label) => {
      const half = (label.length * characterWidth) / 2;
      return { text: label, start: atX(tick) - half, end: atX(tick) + half };
    },
    4,
  );
  return [
    `<rect width="${width}" height="${height + legend.height}" fill="#fff"/>`,
    text(left, 24, 'start', title, ' font-size="15"'),
    ...legend.entries.flatMap(({ name, x: entryX, row }, i) =>
      drawEntry(name, i, entryX, plot.top - 4 + legendRow.height * row),
    ),
    ...roundTicks(frame.y, 5).flatMap((value) => [
      line(left, atY(value), right, atY(value), '#e5e5e5'),
      text(left - 8, atY(value) + 4, 'end', formatTick(value)),
    ]),
    ...xTicks.map((value) => line(atX(value), bottom, atX(value), bottom + 5, '#555')),
    ...xLabels.map(({ text: label, start, end }) => text((start + end) / 2, bottom + 20, 'middle', label)),
    line(left, bottom, right, bottom, '#555'),
    line(left, top, left, bottom, '#555'),
    text(middle.x, bottom + 46, 'middle', x.label),
    text(18, middle.y, 'middle', y.label, ` transform="rotate(-90 18 ${at(middle.y)})"`),
    ...series.flatMap((one, i) => drawSeries(one, i, chart, toPixels)),
    ...drawApart(chart, { left, right, top, bottom }, toPixels),
  ];
}

interface Legend {
  readonly entries: readonly { readonly name: string; readonly x: number; readonly row: number }[];
  readonly height: number;
}

/** Between title and plot, row by row: no line runs through it. A single series needs none. */
function legendOf({ series }: LineChart): Legend {
  if (series.length < 2) return { entries: [], height: 0 };
  let x = plot.left;
  let row = 0;
  const room = plot.right - plot.left - legendRow.swatch;
  const entries = series.map(({ name }) => {
    const most = Math.floor(room / characterWidth);
    const shown = name.length <= most ? name : `${name.slice(0, most - 1)}…`;
    const entryWidth = legendRow.swatch + shown.length * characterWidth;
    if (x > plot.left && x + entryWidth > plot.right) {
      x = plot.left;
      row++;
    }
    const entry = { name: shown, x, row };
    x += entryWidth + legendRow.gap;
    return entry;
  });
  return { entries, height: legendRow.height * (row + 1) };
}

/** A piece of the line with its marker, and the name. */
function drawEntry(name: string, index: number, x: number, y: number): string[] {
  const color = colors[index % colors.length]!;
  return [
    `<line x1="${x}" y1="${y}" x2="${x + 22}" y2="${y}" stroke="${color}" stroke-width="2"/>`,
    marker([x + 11, y], index),
    text(x + legendRow.swatch, y + 4, 'start', name),
  ];
}

function drawSeries(
  series: Series,
  index: number,
  axes: Pick<LineChart, 'x' | 'y'>,
  toPixels: (point: Point) => Point,
): string[] {
  const runs = runsOf(series, axes).map((run) => run.map(toPixels));
  const hasMarkers = runs.flat().length <= mostMarkers;
  const bars = barsOf(series, axes).map(([x, [low, high]]) => {
    const [[px, bottom], [, top]] = [toPixels([x, low]), toPixels([x, high])];
    const path = `M${at(px - 3)} ${at(top)}h6m-3 0V${at(bottom)}m-3 0h6`;
    return `<path d="${path}" fill="none" stroke="${colors[index % colors.length]}"/>`;
  });
  const lines = runs.flatMap((run) => {
    const points = run.map(([x, y]) => `${at(x)},${at(y)}`).join(' ');
    const stroke = `stroke="${colors[index % colors.length]}" stroke-width="2" stroke-linejoin="round"`;
    return [
      ...(run.length > 1 ? [`<polyline points="${points}" fill="none" ${stroke}/>`] : []),
      ...(run.length === 1 || hasMarkers ? run.map((point) => marker(point, index)) : []),
    ];
  });
  return [...bars, ...lines];
}

/** The points apart, hollow, and their labels, over all lines. @param plot where they have to be */
function drawApart(chart: LineChart, plot: Box, toPixels: (point: Point) => Point): string[] {
  const drawn = chart.series.flatMap((series, index) =>
    apartOf(series, chart).map(({ point, label }) => ({ point: toPixels(point), label, index })),
  );
  const lines = chart.series.flatMap((series) => runsOf(series, chart).map((run) => run.map(toPixels)));
  const boxes = placeLabels(
    drawn.map(({ point, label }) => ({ point, width: label.length * characterWidth })),
    lines,
    plot,
  );
  const markers = drawn.map(({ point: [x, y], index }) => {
    const color = colors[index % colors.length];
    return `<path d="M${at(x)} ${at(y)}${shapes[index % shapes.length]}" fill="#fff" stroke="${color}" stroke-width="2"/>`;
  });
  const labels = drawn.map(({ label, index }, i) => {
    const { left, right, bottom } = boxes[i]!;
    // A rim of the ground's colour, so that it can be read on a line.
    const style = ` fill="${colors[index % colors.length]}" stroke="#fff" stroke-width="3" paint-order="stroke"`;
    return text((left + right) / 2, bottom - 2, 'middle', label, style);
  });
  return [...markers, ...labels];
}

function marker([x, y]: Point, index: number): string {
  return `<path d="M${at(x)} ${at(y)}${shapes[index % shapes.length]}" fill="${colors[index % colors.length]}" stroke="#fff"/>`;
}

export function text(x: number, y: number, anchor: string, content: string, more = ''): string {
  return `<text x="${at(x)}" y="${at(y)}" text-anchor="${anchor}"${more}>${escapeXml(content)}</text>`;
}

export function line(x1: number, y1: number, x2: number, y2: number, stroke: string): string {
  return `<line x1="${at(x1)}" y1="${at(y1)}" x2="${at(x2)}" y2="${at(y2)}" stroke="${stroke}"/>`;
}

/** A coordinate in pixels, to a hundredth. */
export function at(pixels: number): string {
  return String(Number(pixels.toFixed(2)));
}

export function escapeXml(content: string): string {
  const escapes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
  return content.replaceAll(/[&<>"]/g, (character) => escapes[character]!);
}
