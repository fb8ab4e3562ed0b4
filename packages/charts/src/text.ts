// A chart as lines of text.
import { Canvas, marks } from './canvas.js';
import type { LineChart, Point } from './chart.js';
import { apartOf, type Frame, fraction } from './frame.js';
import { runsOf } from './runs.js';
import { formatTick, labelsWithRoom, measuredTicks, roundTicks } from './ticks.js';

/** Title, axis and its numbers. */
const linesAround = 3;
/** Cells between a line and each side of the plot. */
const margin = 1;
/** Cells of a line that a mark of its own needs to leave the line to be seen. */
const cellsOfMark = 6;
/** The only line of a chart needs no name. */
const onlyMark = '•';

export function drawText(chart: LineChart, frame: Frame, columns: number, rows: number): string[] {
  const { title, y } = chart;
  const heading = cut(`${title}: ${y.label}`, columns);
  const labels = [formatTick(frame.y.most), formatTick(frame.y.least)];
  const labelWidth = Math.max(...labels.map((label) => label.length));
  const plotColumns = columns - labelWidth - 2;
  const cells = plotColumns - 2 * margin;
  if (cells < 6) return [heading];
  const xAxis = drawXAxis(chart, frame, cells);
  const legend = legendLines(chart, columns - labelWidth - 2);
  const below = [...xAxis.lines, ...legend].map((line) => `${' '.repeat(labelWidth + 2)}${line}`.trimEnd());
  const plotRows = rows - linesAround - (below.length - 1);
  if (plotRows < 2) return [heading];

  const body = drawLines(chart, frame, cells, plotRows).map((line, i) => {
    const label = i === 0 ? labels[0]! : i === plotRows - 1 ? labels[1]! : '';
    return `${label.padStart(labelWidth)} │${' '.repeat(margin)}${line}`.trimEnd();
  });
  return [heading, ...body, `${' '.repeat(labelWidth + 1)}└${xAxis.rule}`, ...below];
}

function drawLines(chart: LineChart, frame: Frame, cells: number, rows: number): string[] {
  const canvas = new Canvas(cells, rows);
  const isOnly = chart.series.length === 1;
  chart.series.forEach((series, index) => {
    const toDots = ([px, py]: Point): [number, number] => [
      Math.round(fraction(px, frame.x) * (canvas.width - 1)),
      Math.round((1 - fraction(py, frame.y)) * (canvas.height - 1)),
    ];
    const mark = isOnly ? onlyMark : marks[index % marks.length]!;
    const runs = runsOf(series, chart).map((run) => run.map(toDots));
    for (const run of runs) drawPath(canvas, run);
    for (const { point } of apartOf(series, chart)) canvas.mark(...toDots(point), mark);
    const points = runs.flat();
    // Marks at what was measured; where that is too close, at some of it, and none where nothing has to be told apart.
    const most = Math.max(2, Math.floor(cells / cellsOfMark));
    if (isOnly && points.length > most) return;
    const step = Math.max(1, Math.ceil(points.length / most));
    for (const [i, [x, y]] of points.entries()) if (i % step === 0) canvas.mark(x, y, mark);
  });
  return canvas.lines();
}

/** Joins the points with straight lines, dot by dot. */
function drawPath(canvas: Canvas, path: readonly [number, number][]): void {
  path.forEach(([x, y], i) => {
    const [fromX, fromY] = path[i - 1] ?? [x, y];
    const steps = Math.max(Math.abs(x - fromX), Math.abs(y - fromY));
    for (let step = 0; step <= steps; step++) {
      const share = steps === 0 ? 1 : step / steps;
      canvas.set(Math.round(fromX + (x - fromX) * share), Math.round(fromY + (y - fromY) * share));
    }
  });
}

/** The line of the axis with its ticks, and below it their numbers and what they are: on one line where there is room. */
function drawXAxis(chart: LineChart, frame: Frame, cells: number): { rule: string; lines: string[] } {
  const columns = cells + 2 * margin;
  const at = (tick: number) => margin + Math.round(fraction(tick, frame.x) * (cells - 1));
  const place = (tick: number, text: string) => {
    // A number stands below its tick, as far as the sides allow.
    const start = Math.max(0, Math.min(columns - text.length, at(tick) - Math.floor((text.length - 1) / 2)));
    return { text, start, end: start + text.length };
  };
  const ruleOf = (ticks: readonly number[]) => {
    const places = new Set(ticks.map(at));
    return Array.from({ length: columns }, (_, i) => (places.has(i) ? '┬' : '─')).join('');
  };
  const { least, most } = frame.x;
  const measured = measuredTicks(chart);
  const round = [...new Set([least, ...roundTicks(frame.x, Math.max(1, Math.floor(cells / 12))), most])];
  // Of round numbers some can be left out for the name of the axis; what was measured is all shown.
  for (const ticks of measured ? [measured] : [round, [least, most]]) {
    const labels = labelsWithRoom(ticks, place, 1);
    const line = withName(written(labels, columns), chart.x.label);
    if (line !== undefined) return { rule: ruleOf(ticks), lines: [line] };
  }
  const ticks = measured ?? round;
  const name = cut(chart.x.label, columns);
  const left = ' '.repeat(Math.floor((columns - name.length) / 2));
  return { rule: ruleOf(ticks), lines: [written(labelsWithRoom(ticks, place, 1), columns), left + name] };
}

function written(labels: readonly { text: string; start: number }[], columns: number): string {
  return labels
    .reduce((line, { text, start }) => line.padEnd(start) + text, '')
    .slice(0, columns)
    .padEnd(columns);
}

/** The line with the name in the middle of its widest gap; undefined where it has no room there. */
function withName(line: string, name: string): string | undefined {
  const gaps = [...line.trimEnd().matchAll(/(?<=\S) {2,}(?=\S)/g)];
  const widest = gaps.reduce((a, b) => Math.max(a, b[0].length), 0);
  const gap = gaps.find(([spaces]) => spaces.length === widest);
  if (gap === undefined || widest < name.length + 4) return undefined;
  const start = gap.index + Math.floor((widest - name.length) / 2);
  return line.slice(0, start) + name + line.slice(start + name.length);
}

/** The mark and the name of each series, on as many lines as it takes. */
function legendLines({ series }: LineChart, columns: number): string[] {
  if (series.length < 2) return [];
  const lines: string[] = [];
  for (const [i, { name }] of series.entries()) {
    const entry = cut(`${marks[i % marks.length]} ${name}`, columns);
    const last = lines.at(-1);
    if (last !== undefined && last.length + 3 + entry.length <= columns)
      lines[lines.length - 1] = `${last}   ${entry}`;
    else lines.push(entry);
  }
  return lines;
}

function cut(line: string, columns: number): string {
  return line.length <= columns ? line : `${line.slice(0, Math.max(0, columns - 1))}…`;
}
