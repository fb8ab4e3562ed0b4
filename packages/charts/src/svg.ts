// A chart as SVG.

import type { LineChart, Series } from './chart.js';
import { type Frame, formatTick, fraction, ticksOf } from './frame.js';
import { runsOf } from './runs.js';

const width = 720;
const height = 420;
const plot = { left: 72, right: 700, top: 48, bottom: 356 };
/** Okabe and Ito's colours, which people with any kind of colour vision can tell apart. */
const colors = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#56b4e9', '#e69f00', '#000000'];

/** One chart below the other. */
export function drawSvg(charts: readonly (readonly [LineChart, Frame])[]): string {
  const total = height * charts.length;
  const panels = charts.map(([chart, frame], i) => {
    const parts = drawChart(chart, frame);
    return i === 0 ? parts : [`<g transform="translate(0 ${height * i})">`, ...parts, '</g>'];
  });
  const lines = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${total}" viewBox="0 0 ${width} ${total}" font-family="sans-serif" font-size="12">`,
    `<title>${escapeXml(charts.map(([{ title }]) => title).join(', '))}</title>`,
    ...panels.flat(),
    '</svg>',
  ];
  return `${lines.join('\n')}\n`;
}

function drawChart({ title, x, y, series }: LineChart, frame: Frame): string[] {
  const atX = (value: number) => plot.left + fraction(value, frame.x) * (plot.right - plot.left);
  const atY = (value: number) => plot.bottom - fraction(value, frame.y) * (plot.bottom - plot.top);
  const text = (left: number, top: number, anchor: string, content: string, more = '') =>
    `<text x="${at(left)}" y="${at(top)}" text-anchor="${anchor}"${more}>${escapeXml(content)}</text>`;
  const line = (x1: number, y1: number, x2: number, y2: number, stroke: string) =>
    `<line x1="${at(x1)}" y1="${at(y1)}" x2="${at(x2)}" y2="${at(y2)}" stroke="${stroke}"/>`;
  const middle = { x: (plot.left + plot.right) / 2, y: (plot.top + plot.bottom) / 2 };
  return [
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    text(plot.left, 24, 'start', title, ' font-size="15"'),
    ...ticksOf(frame.y, 5).flatMap((value) => [
      line(plot.left, atY(value), plot.right, atY(value), '#e5e5e5'),
      text(plot.left - 8, atY(value) + 4, 'end', formatTick(value)),
    ]),
    ...ticksOf(frame.x, 6).flatMap((value) => [
      line(atX(value), plot.bottom, atX(value), plot.bottom + 5, '#555'),
      text(atX(value), plot.bottom + 20, 'middle', formatTick(value)),
    ]),
    line(plot.left, plot.bottom, plot.right, plot.bottom, '#555'),
    line(plot.left, plot.top, plot.left, plot.bottom, '#555'),
    text(middle.x, height - 18, 'middle', x.label),
    text(18, middle.y, 'middle', y.label, ` transform="rotate(-90 18 ${at(middle.y)})"`),
    ...series.flatMap((one, i) => drawSeries(one, colors[i % colors.length]!, atX, atY)),
    ...(series.length > 1 ? series.flatMap((one, i) => legendEntry(one.name, i)) : []),
  ];

  function legendEntry(name: string, i: number): string[] {
    const top = plot.top + 12 + 18 * i;
    const color = colors[i % colors.length]!;
    return [
      `<rect x="${plot.right - 14}" y="${top - 9}" width="10" height="10" fill="${color}"/>`,
      text(plot.right - 20, top, 'end', name),
    ];
  }
}

function drawSeries(
  series: Series,
  color: string,
  atX: (value: number) => number,
  atY: (value: number) => number,
): string[] {
  return runsOf(series).map((run) => {
    const [[x, y]] = run as [readonly [number, number]];
    if (run.length === 1) return `<circle cx="${at(atX(x))}" cy="${at(atY(y))}" r="3" fill="${color}"/>`;
    const points = run.map(([px, py]) => `${at(atX(px))},${at(atY(py))}`).join(' ');
    return `<polyline points="${points}" fill="none" stroke="${color}" stroke-width="2" stroke-linejoin="round"/>`;
  });
}

/** A coordinate in pixels, to a hundredth. */
function at(pixels: number): string {
  return String(Number(pixels.toFixed(2)));
}

function escapeXml(text: string): string {
  const escapes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
  return text.replaceAll(/[&<>"]/g, (character) => escapes[character]!);
}
