import type { ScreenPoint } from "../view/points";

export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

const GAP_PX = 10;

/** Where the words of a mark stand: right of it, else left, below or above, where they hide the least of
 * what is written already (`taken`); always inside the picture. The place is added to `taken`. */
export function placeLabel(spots: ScreenPoint[], anchor: ScreenPoint, size: { width: number; height: number; line: number }, picture: { width: number; height: number }, taken: Box[]): Box {
  const xs = spots.map((p) => p.x);
  const ys = spots.map((p) => p.y);
  const middle = (Math.min(...xs) + Math.max(...xs)) / 2 - size.width / 2;
  const beside = anchor.y - 6 - size.line;
  const wanted: [number, number][] = [
    [anchor.x + GAP_PX, beside],
    [Math.min(...xs) - GAP_PX - size.width, beside],
    [middle, Math.max(...ys) + GAP_PX],
    [middle, Math.min(...ys) - GAP_PX - size.height],
    [anchor.x + GAP_PX, beside + size.height],
    [anchor.x + GAP_PX, beside - size.height],
  ];
  const boxes = wanted.map(([x, y]) => inside({ x, y, width: size.width, height: size.height }, picture));
  const hidden = boxes.map((box) => taken.reduce((sum, other) => sum + overlap(box, other), 0));
  const best = boxes[hidden.indexOf(Math.min(...hidden))];
  taken.push(best);
  return best;
}

const inside = (box: Box, picture: { width: number; height: number }): Box => ({
  ...box,
  x: Math.max(Math.min(box.x, picture.width - box.width - 4), 4),
  y: Math.max(Math.min(box.y, picture.height - box.height - 4), 0),
});

function overlap(a: Box, b: Box): number {
  const wide = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const high = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  return wide > 0 && high > 0 ? wide * high : 0;
}
