// Bars and sliders of characters.

const eighths = ' ▏▎▍▌▋▊▉';

/** `width` cells of which the share is filled, to an eighth of a cell. */
export function bar(share: number, width: number): string {
  const filled = Math.round(Math.max(0, Math.min(1, Number.isFinite(share) ? share : 0)) * width * 8);
  const whole = Math.floor(filled / 8);
  const rest = filled % 8 === 0 ? '' : eighths[filled % 8]!;
  return ('█'.repeat(whole) + rest).padEnd(width, '·');
}

/** A track of `width` cells with a knob at step `at` of `steps`. */
export function slider(at: number, steps: number, width: number): string {
  const place = steps <= 1 ? 0 : Math.round((at / (steps - 1)) * (width - 1));
  return `${'─'.repeat(place)}●${'─'.repeat(Math.max(0, width - 1 - place))}`;
}

const heights = '▁▂▃▄▅▆▇█';

/** The last `width` values as columns of eight heights, between their least and their most. */
export function sparkline(values: readonly number[], width: number): string {
  const shown = values.slice(-width).filter(Number.isFinite);
  const least = Math.min(...shown);
  const range = Math.max(...shown) - least;
  return shown.map((value) => heights[range === 0 ? 0 : Math.round(((value - least) / range) * 7)]).join('');
}
