// Bars and sliders of characters.

const eighths = ' ▏▎▍▌▋▊▉';

/** `width` cells of which the share is filled, to an eighth of a cell. */
export function bar(share: number, width: number): string {
  const filled = Math.round(Math.max(0, Math.min(1, Number.isFinite(share) ? share : 0)) * width * 8);
  const whole = Math.floor(filled / 8);
  const rest = filled % 8 === 0 ? '' : eighths[filled % 8]!;
  return ('█'.repeat(whole) + rest).padEnd(width, '·');
}

/** A track of `width` cells with a knob at step `at` of `steps`, and a mark at the best of them where it is another one. */
export function slider(at: number, steps: number, width: number, best?: number): string {
  const placeOf = (step: number) => (steps <= 1 ? 0 : Math.round((step / (steps - 1)) * (width - 1)));
  const cells = Array.from({ length: Math.max(width, 1) }, () => '─');
  if (best !== undefined) cells[placeOf(best)] = '◆';
  cells[placeOf(at)] = '●';
  return cells.join('');
}

const heights = '▁▂▃▄▅▆▇█';

/** The last `width` values as columns of eight heights, between their least and their most. */
export function sparkline(values: readonly number[], width: number): string {
  const shown = values.slice(-width).filter(Number.isFinite);
  const least = Math.min(...shown);
  const range = Math.max(...shown) - least;
  return shown.map((value) => heights[range === 0 ? 0 : Math.round(((value - least) / range) * 7)]).join('');
}
