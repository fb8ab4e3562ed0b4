// How a quantity (mask rate, temperature) goes from its first to its last value over a run.
import { UsageError } from '../errors.js';

export type ScheduleShape = 'constant' | 'linear' | 'cosine' | 'exponential';
const scheduleShapes: readonly ScheduleShape[] = ['constant', 'linear', 'cosine', 'exponential'];

export type Schedule =
  | { readonly shape: ScheduleShape; readonly from: number; readonly to: number }
  /** Straight lines between the points, [progress, value]; progress from 0 to 1, ascending. */
  | { readonly shape: 'points'; readonly points: readonly (readonly [number, number])[] };

/** The value at `progress` in [0, 1]: 0 is the first sweep, 1 the last. */
export function scheduleValue(schedule: Schedule, progress: number): number {
  if (schedule.shape === 'points') return interpolate(schedule.points, progress);
  const { from, to } = schedule;
  switch (schedule.shape) {
    case 'constant':
      return from;
    case 'linear':
      return from * (1 - progress) + to * progress;
    case 'cosine':
      return to + (from - to) * 0.5 * (1 + Math.cos(Math.PI * progress));
    case 'exponential':
      return from * (to / from) ** progress;
  }
}

function interpolate(points: readonly (readonly [number, number])[], progress: number): number {
  const after = points.findIndex(([at]) => at >= progress);
  if (after < 0) return points.at(-1)![1];
  const [rightAt, right] = points[after]!;
  const [leftAt, left] = points[Math.max(0, after - 1)]!;
  return rightAt === leftAt ? right : left + ((right - left) * (progress - leftAt)) / (rightAt - leftAt);
}

/**
 * Reads `0.5`, `0.9:0.1`, `cosine:0.9:0.1` or `points:0=1,0.5=0.3,1=0.1`.
 * @param what names the quantity in errors
 * @throws UsageError for anything else, and for values outside [least, most]
 */
export function parseSchedule(text: string, what: string, range: { least: number; most: number }): Schedule {
  const schedule = readSchedule(text);
  if (!schedule)
    throw new UsageError('schedule-invalid', `Cannot anneal: the ${what} schedule "${text}" is not one.`, {
      try: `Write a number, from:to, one of ${scheduleShapes.join(', ')} as shape:from:to, or points:0=1,1=0.1.`,
    });
  checkSchedule(schedule, what, range);
  return schedule;
}

/** @throws UsageError when a value is not a number in [least, most] or the points are not in order */
export function checkSchedule(
  schedule: Schedule,
  what: string,
  { least, most }: { least: number; most: number },
): void {
  const fail = (fact: string): never => {
    throw new UsageError('schedule-invalid', `Cannot anneal: the ${what} schedule ${fact}.`);
  };
  const values =
    schedule.shape === 'points' ? schedule.points.map(([, value]) => value) : [schedule.from, schedule.to];
  for (const value of values)
    if (!(value >= least && value <= most))
      fail(`has the value ${value}, it must be from ${least} to ${most}`);
  if (schedule.shape === 'exponential' && !(schedule.from > 0 && schedule.to > 0))
    fail('is exponential and reaches 0');
  if (schedule.shape !== 'points') return;
  if (schedule.points.length === 0) fail('has no points');
  schedule.points.forEach(([at], i) => {
    const before = schedule.points[i - 1]?.[0] ?? 0;
    if (!(at >= before && at <= 1)) fail(`has the point ${at} out of order, they go from 0 to 1`);
  });
}

function readSchedule(text: string): Schedule | undefined {
  if (text.startsWith('points:')) {
    const points = text
      .slice('points:'.length)
      .split(',')
      .map((point) => point.split('='));
    if (points.some((pair) => pair.length !== 2 || pair.some((part) => part.trim() === ''))) return undefined;
    return { shape: 'points', points: points.map(([at, value]) => [Number(at), Number(value)] as const) };
  }
  const parts = text.split(':');
  if (parts.some((part) => part.trim() === '')) return undefined;
  const shape = scheduleShapes.find((name) => name === parts[0]);
  const written = shape ? parts.slice(1) : parts;
  const numbers = written.map(Number);
  if (numbers.some((value, i) => Number.isNaN(value) && written[i] !== 'NaN')) return undefined;
  if (numbers.length < 1 || numbers.length > (shape === 'constant' ? 1 : 2)) return undefined;
  const [from, to] = [numbers[0]!, numbers.at(-1)!];
  return { shape: shape ?? (numbers.length === 1 ? 'constant' : 'linear'), from, to };
}
