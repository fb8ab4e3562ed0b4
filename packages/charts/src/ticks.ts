// The numbers along an axis: those that were measured where they are few, else round ones.
import type { LineChart } from './chart.js';
import { apartOf, hasPlace, type Range } from './frame.js';

/** More than that, and the numbers say less than round ones. */
const mostMeasured = 10;

/** The different x of all lines, ascending; undefined where they are too many to be ticks, or one alone beside points apart. */
export function measuredTicks(chart: LineChart): number[] | undefined {
  const measured = new Set(
    chart.series.flatMap(({ points }) => points.filter((point) => hasPlace(point, chart)).map(([x]) => x)),
  );
  const isAlone = measured.size === 1 && chart.series.some((series) => apartOf(series, chart).length > 0);
  if (measured.size === 0 || measured.size > mostMeasured || isAlone) return undefined;
  return [...measured].sort((a, b) => a - b);
}

/** Round numbers within the range, about `count` of them: multiples of a step, or on a log axis 1, 2 and 5 times powers of ten. */
export function roundTicks(range: Range, count: number): number[] {
  if (range.scale === 'log') {
    const powers = logTicks(range);
    if (powers.length > 1) return powers;
  }
  const { least, most } = range;
  const step = tickStep((most - least) / Math.max(1, count));
  const first = Math.ceil(least / step - 1e-9);
  const last = Math.floor(most / step + 1e-9);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => (first + i) * step);
}

function logTicks({ least, most }: Range): number[] {
  const first = Math.floor(Math.log10(least));
  const last = Math.ceil(Math.log10(most));
  const powers = last - first;
  const multiples = powers > 6 ? [1] : [1, 2, 5];
  const every = Math.ceil(powers / 12);
  return Array.from({ length: Math.floor(powers / every) + 1 }, (_, i) => first + i * every)
    .flatMap((power) => multiples.map((multiple) => multiple * 10 ** power))
    .filter((tick) => tick >= least * (1 - 1e-9) && tick <= most * (1 + 1e-9));
}

function tickStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough));
  const multiple = [1, 2, 5].find((candidate) => candidate * power >= rough * (1 - 1e-9)) ?? 10;
  return multiple * power;
}

/** A tick that is written: its text, and the room that it takes. */
export interface TickLabel {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/**
 * The labels that have room beside each other: those at the ends first, then from the left.
 * @param place where a text stands at a tick
 * @param gap least room between two of them
 */
export function labelsWithRoom(
  ticks: readonly number[],
  place: (tick: number, text: string) => TickLabel,
  gap: number,
): TickLabel[] {
  const kept: TickLabel[] = [];
  const [first, ...rest] = ticks;
  const last = rest.pop();
  for (const tick of [first, last, ...rest]) {
    if (tick === undefined) continue;
    const label = place(tick, formatTick(tick));
    if (kept.every(({ start, end }) => label.end + gap <= start || end + gap <= label.start))
      kept.push(label);
  }
  return kept.sort((a, b) => a.start - b.start);
}

/** At most four significant digits, without trailing zeros: 1200, 0.25, 3e-7. */
export function formatTick(value: number): string {
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e6))
    return value.toExponential(1).replace(/\.0e/, 'e').replace('e+', 'e');
  return String(Number(value.toPrecision(4)));
}
