// Intervals in charts: they widen the frame, and what has no place is left out.
import { expect, test } from 'vitest';
import { forestChartSvg } from './forest-chart.js';
import { lineChartSvg } from './line-chart.js';

const chart = { title: 't', x: { label: 'x' }, y: { label: 'y' } };
const bars = (svg: string) => svg.match(/<path d="M[^"]*h6m-3 0V[^"]*"/g) ?? [];

test('a line has a bar at each point with an interval, within the plot', () => {
  const points = [
    [0, 1],
    [1, 2],
    [2, 3],
  ] as const;
  const svg = lineChartSvg({
    ...chart,
    series: [{ name: 'a', points, intervals: [[0, 4], undefined, [2.5, 9]] }],
  });
  expect(bars(svg)).toHaveLength(2);
  // The highest end of an interval is at the top of the frame, as the highest point would be.
  const high = lineChartSvg({ ...chart, series: [{ name: 'a', points: [...points.slice(0, 2), [2, 9]] }] });
  expect(svg).toContain('M683 62h6');
  expect(high).toContain('M686 62');
});

test('an interval without an end is not drawn, and changes no frame', () => {
  const one = {
    name: 'a',
    points: [
      [0, 1],
      [1, 2],
    ] as const,
  };
  const plain = lineChartSvg({ ...chart, series: [one] });
  const infinite = [Number.NaN, Number.POSITIVE_INFINITY].map((high) =>
    lineChartSvg({ ...chart, series: [{ ...one, intervals: [[0.5, high], undefined] }] }),
  );
  expect(infinite).toEqual([plain, plain]);
});

test('a forest has a row for each value, and names are text', () => {
  const svg = forestChartSvg({
    title: 'Ratings',
    label: 'ELO',
    rows: [
      { name: 'a <b> & "c"', value: 1100, interval: [1050, 1150] },
      { name: 'd', value: 900 },
      { name: 'never', value: Number.NaN },
    ],
  });
  expect(svg).toContain('a &lt;b&gt; &amp; &quot;c&quot;');
  expect(svg.match(/<circle/g)).toHaveLength(2);
  expect(svg.match(/stroke="#0072b2"/g)).toHaveLength(1);
  expect(svg).toMatch(/^<svg [\s\S]*<\/svg>\n$/);
});
