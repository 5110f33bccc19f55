import type { Placement } from "../view/camera";

/** A canvas as large as what can be seen of an image: one pixel for each of an enlarged image, one for
 * each of the screen of a smaller one; and how the browser lays it over its box. */
export interface Stretched {
  width: number;
  height: number;
  /** Where the image lies, in pixels of that canvas. */
  at: Placement;
  /** Device pixels that one pixel of the canvas becomes, and where its corner stands. */
  scaleX: number;
  scaleY: number;
  left: number;
  top: number;
}

/** For an image of `rows` x `cols` in a box of width x height; null when it stands aslant. */
export function stretched(at: Placement, rows: number, cols: number, width: number, height: number): Stretched | null {
  const isUpright = (at.a === 0 && at.d === 0) || (at.b === 0 && at.c === 0);
  if (!isUpright) return null;
  const [right, down] = [at.a * cols + at.b * rows, at.c * cols + at.d * rows];
  const scaleX = Math.max(Math.abs(at.a) + Math.abs(at.b), 1);
  const scaleY = Math.max(Math.abs(at.c) + Math.abs(at.d), 1);
  const x = along(at.e, right, scaleX, width);
  const y = along(at.f, down, scaleY, height);
  const inside = { a: at.a / scaleX, b: at.b / scaleX, c: at.c / scaleY, d: at.d / scaleY, e: x.origin, f: y.origin };
  return { width: x.size, height: y.size, at: inside, scaleX, scaleY, left: x.start, top: y.start };
}

const NEARLY = 1e-6;

/** What can be seen of an image that begins at `edge` and is `length` long (negative: to the left or up),
 * in a box of `size`. The canvas begins between two pixels of the image, so that none is mixed before
 * the browser stretches them; unless the image is not enlarged: then between two of the screen. */
function along(edge: number, length: number, scale: number, size: number): { origin: number; start: number; size: number } {
  const grid = scale > 1 ? edge : 0;
  const [from, to] = [Math.max(Math.min(edge, edge + length), 0), Math.min(Math.max(edge, edge + length), size)];
  const first = Math.floor((from - grid) / scale + NEARLY);
  const last = Math.ceil((to - grid) / scale - NEARLY);
  return { origin: (edge - grid) / scale - first, start: grid + first * scale, size: Math.max(last - first, 1) };
}
