// On which side of its point each label stands: where the least is beneath it.
import type { Point } from './chart.js';

/** In pixels; y grows downwards. */
export interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** Between a point and its label. */
const gap = 8;
const height = 12;
/** Between places of a line that are looked at. */
const step = 2;

/**
 * A box for each label, in order, to the right, above, below or to the left of its point; the first of those that are equally good.
 * @param labels points, and how wide their labels are
 * @param lines what should not be beneath a label
 * @param room where labels have to be
 */
export function placeLabels(
  labels: readonly { readonly point: Point; readonly width: number }[],
  lines: readonly (readonly Point[])[],
  room: Box,
): Box[] {
  const places = lines.flatMap(placesOf);
  const taken: Box[] = [];
  for (const { point, width } of labels) {
    const boxes = boxesAround(point, width).filter((box) => isIn(box, room));
    const free = boxes.filter((box) => taken.every((other) => !overlap(box, other)));
    const candidates = free.length > 0 ? free : boxesAround(point, width);
    const beneath = candidates.map((box) => places.filter((place) => holds(box, place)).length);
    taken.push(candidates[beneath.indexOf(Math.min(...beneath))]!);
  }
  return taken;
}

function boxesAround([x, y]: Point, width: number): Box[] {
  const beside = { top: y - height / 2, bottom: y + height / 2 };
  const middle = { left: x - width / 2, right: x + width / 2 };
  return [
    { left: x + gap, right: x + gap + width, ...beside },
    { ...middle, top: y - gap - height, bottom: y - gap },
    { ...middle, top: y + gap, bottom: y + gap + height },
    { left: x - gap - width, right: x - gap, ...beside },
  ];
}

/** Along a line, its points included. */
function placesOf(line: readonly Point[]): Point[] {
  return line.flatMap(([x, y], i) => {
    const [fromX, fromY] = line[i - 1] ?? [x, y];
    const count = Math.max(1, Math.ceil(Math.hypot(x - fromX, y - fromY) / step));
    return Array.from({ length: count }, (_, k): Point => {
      const share = (k + 1) / count;
      return [fromX + (x - fromX) * share, fromY + (y - fromY) * share];
    });
  });
}

function isIn(box: Box, room: Box): boolean {
  return box.left >= room.left && box.right <= room.right && box.top >= room.top && box.bottom <= room.bottom;
}

function overlap(a: Box, b: Box): boolean {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}

function holds({ left, right, top, bottom }: Box, [x, y]: Point): boolean {
  return x >= left && x <= right && y >= top && y <= bottom;
}
