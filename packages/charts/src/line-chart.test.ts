// Charts: what is drawn where, and that no data break them.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { LineChart } from './chart.js';
import { lineChartSvg, lineChartText } from './line-chart.js';
import { formatTick, roundTicks } from './ticks.js';

const chartOf = (...series: LineChart['series'][number]['points'][]): LineChart => ({
  title: 'loss',
  x: { label: 'step' },
  y: { label: 'nats' },
  series: series.map((points, i) => ({ name: `run ${i}`, points })),
});

/** The numbers below the plot. */
const xTicksIn = (svg: string) =>
  [...svg.matchAll(/text-anchor="middle">([\d.]+)</g)].map(([, text]) => text);

describe('ticks', () => {
  test.each([
    [0, 10, 5, [0, 2, 4, 6, 8, 10]],
    [0.13, 0.42, 3, [0.2, 0.3, 0.4]],
    [-7, 7, 3, [-5, 0, 5]],
  ])('of %f to %f are round', (least, most, count, expected) => {
    const ticks = roundTicks({ least, most, scale: 'linear' }, count);
    expect(ticks).toHaveLength(expected.length);
    for (const [i, tick] of ticks.entries()) expect(tick).toBeCloseTo(expected[i]!, 12);
  });

  test('of a log axis are 1, 2 and 5 times powers of ten, or powers alone, or round where there are none', () => {
    expect(roundTicks({ least: 3, most: 200, scale: 'log' }, 5)).toEqual([5, 10, 20, 50, 100, 200]);
    expect(roundTicks({ least: 1, most: 1e9, scale: 'log' }, 5).map(formatTick)).toEqual([
      '1',
      '10',
      '100',
      '1000',
      '10000',
      '100000',
      '1e6',
      '1e7',
      '1e8',
      '1e9',
    ]);
    expect(roundTicks({ least: 120, most: 140, scale: 'log' }, 4)).toEqual([120, 125, 130, 135, 140]);
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
  const lengths = [64, 128, 256, 512].map((length): [number, number] => [length, 600 - length]);

  test('one series is a line of dots with a mark at each point, and a margin around', () => {
    expect(
      lineChartText(
        chartOf([
          [0, 10],
          [4, 2],
        ]),
        { columns: 20, rows: 7 },
      ).split('\n'),
    ).toEqual([
      'loss: nats',
      '10 │ •⠢⢄⡀',
      '   │    ⠈⠑⠤⣀',
      '   │        ⠉⠒⢄⡀',
      ' 2 │           ⠈⠑⠢•',
      '   └─┬────────────┬─',
      '     0    step    4',
    ]);
  });

  test('a line of many points has no marks, and round numbers below it beside its ends', () => {
    const points = Array.from({ length: 33 }, (_, i): [number, number] => [i + 1, i]);
    const lines = lineChartText(chartOf(points), { columns: 60, rows: 8 }).split('\n');
    expect(lines.join('\n')).not.toContain('•');
    expect(lines.at(-1)!.match(/\S+/g)).toEqual(['1', '10', '20', 'step', '30', '33']);
    // Without room for them, the ends and what the axis shows.
    const small = lineChartText(chartOf(points), { columns: 26, rows: 8 }).split('\n');
    expect(small.at(-1)!.match(/\S+/g)).toEqual(['1', 'step', '33']);
    expect(small).toHaveLength(8);
  });

  test('ticks are at what was measured, on a log axis at equal distances, and the name has a line where it needs one', () => {
    const chart = { ...chartOf(lengths), x: { label: 'sequence length (tokens)', scale: 'log' as const } };
    const lines = lineChartText(chart, { columns: 44, rows: 9 }).split('\n');
    expect(lines.slice(-3)).toEqual([
      '    └─┬───────────┬───────────┬───────────┬─',
      '      64         128         256         512',
      '            sequence length (tokens)',
    ]);
  });

  test('several series have a mark each at their points, and a legend below that folds', () => {
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
    expect(lineChartText(chart, { columns: 17, rows: 9 }).split('\n')).toEqual([
      'loss: nats',
      '3 │ o⠢⣀      ⣀⠔*',
      '  │    ⠑⠢⣀⣀⠔⠊',
      '  │    ⡠⠔⠉⠉⠢⢄',
      '0 │ *⠔⠉      ⠉⠢o',
      '  └─┬──────────┬─',
      '    0   step   3',
      '   * run 0',
      '   o run 1',
    ]);
  });

  test('a point apart has the mark of its series', () => {
    const chart = chartOf([
      [0, 0],
      [8, 0],
    ]);
    const apart = [{ point: [4, 9] as const, label: 'auto' }];
    const text = lineChartText(
      { ...chart, series: [{ ...chart.series[0]!, apart }] },
      { columns: 40, rows: 8 },
    );
    expect(text.match(/•/g)).toHaveLength(3);
    expect(text).not.toContain('auto');
  });

  test('a point that a log axis has no place for is a hole', () => {
    const chart = {
      ...chartOf([
        [0, 1],
        [10, 2],
        [100, 3],
      ]),
      x: { label: 'x', scale: 'log' as const },
    };
    expect(lineChartText(chart, { columns: 40, rows: 8 }).split('\n').at(-1)!.match(/\S+/g)).toEqual([
      '10',
      'x',
      '100',
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
        fc.constantFrom('linear' as const, 'log' as const),
        (series, columns, rows, scale) => {
          const chart = {
            ...chartOf(...series),
            x: { label: 'some label', scale },
            y: { label: 'y', scale },
          };
          expect(lineChartSvg(chart)).not.toMatch(/NaN|Infinity/);
          const lines = lineChartText(chart, { columns, rows }).split('\n');
          expect(lines.length).toBeLessThanOrEqual(rows);
          for (const line of lines) expect(line.length).toBeLessThanOrEqual(columns);
        },
      ),
    );
  });
});

describe('SVG', () => {
  test('draws a line for each unbroken piece, a marker at each point, and names several series', () => {
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
      '<polyline points="86,362 286,268.67"',
      '<polyline points="86,82 686,362"',
    ]);
    // Three points and two, and one of each in the legend.
    expect(svg.match(/a4 4 0 1 0 8 0.*fill="#0072b2"/g)).toHaveLength(4);
    expect(svg.match(/h7v7h-7z" fill="#d55e00"/g)).toHaveLength(3);
    expect(svg).toContain('>run 1</text>');
    expect(svg).not.toMatch(/NaN|Infinity/);
    expect(lineChartSvg(chartOf([[0, 1]]))).not.toContain('>run 0</text>');
  });

  test('the legend is above the lines, however long it is', () => {
    const points: [number, number][] = [
      [1, 1],
      [2, 2],
    ];
    const series = Array.from({ length: 12 }, (_, i) => ({
      name: `a series of a long name, number ${i}`,
      points,
    }));
    const svg = lineChartSvg({ ...chartOf(), series });
    const heights = [...svg.matchAll(/ y="([\d.]+)" text-anchor="start">a series/g)].map((match) =>
      Number(match[1]),
    );
    expect(heights).toHaveLength(12);
    const lines = [...svg.matchAll(/<polyline points="([^"]+)"/g)].flatMap(([, path]) =>
      path!.split(' ').map((pair) => Number(pair.split(',')[1])),
    );
    expect(Math.max(...heights)).toBeLessThan(Math.min(...lines) - 10);
    expect(svg).toContain('viewBox="0 0 720 540"');
  });

  test('a line of many points has no markers', () => {
    const points = Array.from({ length: 41 }, (_, i): [number, number] => [i, i]);
    expect(lineChartSvg(chartOf(points))).not.toContain('<path');
    expect(lineChartSvg(chartOf(points.slice(1))).match(/<path/g)).toHaveLength(40);
  });

  test('ticks are at what was measured where that has room, and round where it is much', () => {
    const ticksOf = (xs: number[], scale: 'linear' | 'log') =>
      xTicksIn(lineChartSvg({ ...chartOf(xs.map((x) => [x, x])), x: { label: 'x', scale } }));
    expect(ticksOf([64, 128, 256, 1024], 'log')).toEqual(['64', '128', '256', '1024']);
    expect(ticksOf([1, 2, 1000], 'linear')).toEqual(['1', '1000']);
    expect(
      ticksOf(
        Array.from({ length: 30 }, (_, i) => i),
        'linear',
      ),
    ).toEqual(['0', '5', '10', '15', '20', '25']);
  });

  test('a point apart has the colour of its series and a label, and no tick of the x axis', () => {
    const line = [[0, 1] as const, [2, 3] as const, [8, 2] as const];
    const apart = [{ point: [3.5, 9] as const, label: 'auto' }];
    const { series, ...chart } = chartOf([[0, 2]], line);
    const drawn = lineChartSvg({ ...chart, series: [series[0]!, { ...series[1]!, apart }] });
    expect(drawn).toMatch(/<path d="M348\.5 82m[^"]*" fill="#fff" stroke="#d55e00" stroke-width="2"\/>/);
    expect(drawn).toMatch(/<text [^>]*fill="#d55e00"[^>]*>auto<\/text>/);
    expect(xTicksIn(drawn)).toEqual(['0', '2', '8']);
    // One that is all there is beside a single point has round numbers below it.
    expect(xTicksIn(lineChartSvg({ ...chart, series: [{ ...series[0]!, apart }] })).length).toBeGreaterThan(
      3,
    );
    expect(lineChartSvg({ ...chart, series: [{ ...series[0]!, apart: [] }] })).toBe(
      lineChartSvg({ ...chart, series: [series[0]!] }),
    );
    const nowhere = { point: [Number.NaN, 1] as const, label: 'nowhere' };
    expect(lineChartSvg({ ...chart, series: [{ ...series[1]!, apart: [nowhere] }] })).not.toContain(
      'nowhere',
    );
  });

  test('several charts stand below each other', () => {
    const svg = lineChartSvg(chartOf([[0, 1]]), { ...chartOf([[0, 1]]), title: 'entropy' });
    expect(svg).toContain('viewBox="0 0 720 840"');
    expect(svg.match(/<path d="M386 202m/g)).toHaveLength(2);
    expect(svg).toContain('<g transform="translate(0 420)">');
    expect(svg).toContain('<title>loss, entropy</title>');
  });

  test('labels are escaped', () => {
    const svg = lineChartSvg({ ...chartOf([[0, 0]]), title: 'a < b & "c"' });
    expect(svg).toContain('<title>a &lt; b &amp; &quot;c&quot;</title>');
  });

  test('no data is an empty frame', () => {
    for (const chart of [chartOf(), chartOf([]), chartOf([[Number.NaN, 1]])])
      expect(lineChartSvg(chart)).not.toMatch(/<polyline|<path|NaN|Infinity/);
  });
});
