// Charts: what is drawn where, and that no data break them.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { LineChart } from './chart.js';
import { formatTick, ticksOf } from './frame.js';
import { lineChartSvg, lineChartText } from './line-chart.js';

const chartOf = (...series: LineChart['series'][number]['points'][]): LineChart => ({
  title: 'loss',
  x: { label: 'step' },
  y: { label: 'nats' },
  series: series.map((points, i) => ({ name: `run ${i}`, points })),
});

describe('ticks', () => {
  test.each([
    [0, 10, 5, [0, 2, 4, 6, 8, 10]],
    [0.13, 0.42, 3, [0.2, 0.3, 0.4]],
    [-7, 7, 3, [-5, 0, 5]],
  ])('of %f to %f are round', (least, most, count, expected) => {
    const ticks = ticksOf({ least, most }, count);
    expect(ticks).toHaveLength(expected.length);
    for (const [i, tick] of ticks.entries()) expect(tick).toBeCloseTo(expected[i]!, 12);
  });

  test('are written short', () => {
    expect([0, 1200, 0.1 + 0.2, 3e-7, 2.5e8, -4].map(formatTick)).toEqual([
      '0',
      '1200',
      '0.3',
      '3e-7',
      '2.5e8',
      '-4',
    ]);
  });
});

describe('text', () => {
  test('one series is a line of dots from corner to corner', () => {
    expect(
      lineChartText(
        chartOf([
          [0, 10],
          [4, 2],
        ]),
        { columns: 18, rows: 7 },
      ).split('\n'),
    ).toEqual([
      'loss: nats',
      '10 │⠑⠢⢄⡀',
      '   │   ⠈⠑⠤⣀',
      '   │       ⠉⠒⢄⡀',
      ' 2 │          ⠈⠑⠢⢄',
      '   └──────────────',
      '    0    step    4',
    ]);
  });

  test('several series have a mark each, and a legend', () => {
    const chart = chartOf(
      [
        [0, 0],
        [3, 3],
      ],
      [
        [0, 3],
        [3, 0],
      ],
    );
    expect(lineChartText(chart, { columns: 13, rows: 8 }).split('\n')).toEqual([
      'loss: nats',
      '3 │oo      **',
      '  │  ooo***',
      '  │  ***ooo',
      '0 │**      oo',
      '  └──────────',
      '   0  step  3',
      '   * run 0  …',
    ]);
  });

  test('a size without room for the plot gives the title', () => {
    expect(lineChartText(chartOf([[0, 1]]), { columns: 8, rows: 3 })).toBe('loss: n…');
  });

  test('no line is wider and none is too many, whatever the data', () => {
    const number = fc.oneof(fc.double(), fc.constantFrom(0, 1, 1e300, -1e300, Number.NaN, Infinity));
    const points = fc.array(fc.tuple(number, number), { maxLength: 8 });
    fc.assert(
      fc.property(
        fc.array(points, { maxLength: 3 }),
        fc.integer({ min: 4, max: 60 }),
        fc.integer({ min: 1, max: 12 }),
        (series, columns, rows) => {
          const lines = lineChartText(chartOf(...series), { columns, rows }).split('\n');
          expect(lines.length).toBeLessThanOrEqual(rows);
          for (const line of lines) expect(line.length).toBeLessThanOrEqual(columns);
        },
      ),
    );
  });
});

describe('SVG', () => {
  test('draws a line for each unbroken piece, a dot for a point alone, and names several series', () => {
    const svg = lineChartSvg(
      chartOf(
        [
          [0, 1],
          [1, 2],
          [2, Number.NaN],
          [3, 4],
        ],
        [
          [0, 4],
          [3, 1],
        ],
      ),
    );
    expect(svg.match(/<polyline points="[^"]+"/g)).toEqual([
      '<polyline points="72,356 281.33,253.33"',
      '<polyline points="72,48 700,356"',
    ]);
    expect(svg.match(/<circle /g)).toHaveLength(1);
    expect(svg).toContain('>run 1</text>');
    expect(svg).not.toMatch(/NaN|Infinity/);
    expect(lineChartSvg(chartOf([[0, 1]]))).not.toContain('>run 0</text>');
  });

  test('several charts stand below each other', () => {
    const svg = lineChartSvg(chartOf([[0, 1]]), { ...chartOf([[0, 1]]), title: 'entropy' });
    expect(svg).toContain('viewBox="0 0 720 840"');
    expect(svg.match(/<circle cx="386" cy="202"/g)).toHaveLength(2);
    expect(svg).toContain('<g transform="translate(0 420)">');
    expect(svg).toContain('<title>loss, entropy</title>');
  });

  test('labels are escaped', () => {
    const svg = lineChartSvg({ ...chartOf([[0, 0]]), title: 'a < b & "c"' });
    expect(svg).toContain('<title>a &lt; b &amp; &quot;c&quot;</title>');
  });

  test('no data is an empty frame', () => {
    for (const chart of [chartOf(), chartOf([]), chartOf([[Number.NaN, 1]])])
      expect(lineChartSvg(chart)).not.toMatch(/<polyline|<circle|NaN|Infinity/);
  });
});
