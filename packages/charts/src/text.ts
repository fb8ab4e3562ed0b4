// A chart as lines of text.
import { BrailleCanvas, type Canvas, MarkCanvas, marks } from './canvas.js';
import type { LineChart } from './chart.js';
import { type Frame, formatTick, fraction } from './frame.js';
import { runsOf } from './runs.js';

/** Title, axis and labels of the x axis. */
const linesAround = 3;

export function drawText(
  { title, x, y, series }: LineChart,
  frame: Frame,
  columns: number,
  rows: number,
): string[] {
  const heading = cut(`${title}: ${y.label}`, columns);
  const legend = series.length > 1;
  const plotRows = rows - linesAround - (legend ? 1 : 0);
  const labels = [formatTick(frame.y.most), formatTick(frame.y.least)];
  const labelWidth = Math.max(...labels.map((label) => label.length));
  const plotColumns = columns - labelWidth - 2;
  if (plotRows < 2 || plotColumns < 8) return [heading];

  const canvas: Canvas = legend
    ? new MarkCanvas(plotColumns, plotRows)
    : new BrailleCanvas(plotColumns, plotRows);
  series.forEach((one, index) => {
    const toDots = ([px, py]: readonly [number, number]): [number, number] => [
      Math.round(fraction(px, frame.x) * (canvas.width - 1)),
      Math.round((1 - fraction(py, frame.y)) * (canvas.height - 1)),
    ];
    for (const run of runsOf(one)) drawPath(canvas, run.map(toDots), index);
  });

  const body = canvas.lines().map((line, i) => {
    const label = i === 0 ? labels[0]! : i === plotRows - 1 ? labels[1]! : '';
    return `${label.padStart(labelWidth)} │${line}`.trimEnd();
  });
  const margin = ' '.repeat(labelWidth + 1);
  return [
    heading,
    ...body,
    `${margin}└${'─'.repeat(plotColumns)}`,
    `${margin} ${axisLabels(formatTick(frame.x.least), x.label, formatTick(frame.x.most), plotColumns)}`,
    ...(legend
      ? [
          cut(
            `${margin} ${series.map(({ name }, i) => `${marks[i % marks.length]} ${name}`).join('   ')}`,
            columns,
          ),
        ]
      : []),
  ];
}

/** Joins the points with straight lines, dot by dot. */
function drawPath(canvas: Canvas, path: readonly [number, number][], series: number): void {
  path.forEach(([x, y], i) => {
    const [fromX, fromY] = path[i - 1] ?? [x, y];
    const steps = Math.max(Math.abs(x - fromX), Math.abs(y - fromY));
    for (let step = 0; step <= steps; step++) {
      const share = steps === 0 ? 1 : step / steps;
      canvas.set(Math.round(fromX + (x - fromX) * share), Math.round(fromY + (y - fromY) * share), series);
    }
  });
}

/** The ends of the axis at its ends, and what it shows between them if there is room. */
function axisLabels(least: string, label: string, most: string, columns: number): string {
  const room = columns - least.length - most.length;
  if (room < 1) return cut(least, columns);
  if (room < label.length + 2) return least + ' '.repeat(room) + most;
  const left = Math.floor((room - label.length) / 2);
  return least + ' '.repeat(left) + label + ' '.repeat(room - label.length - left) + most;
}

function cut(line: string, columns: number): string {
  return line.length <= columns ? line : `${line.slice(0, Math.max(0, columns - 1))}…`;
}
