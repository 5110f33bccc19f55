import { shapeOf, type SeriesEntry } from "../format/manifest";
import { imagePoint, type ImagePoint } from "./points";

/** Millimetres in the patient: x to the left, y to the back, z to the head (PS3.3 C.7.6.2.1.1). */
export type Vec3 = readonly [number, number, number];

/** Where an image lies in the patient. `origin` is the middle of the first pixel. */
export interface Plane {
  origin: Vec3;
  right: Vec3;
  down: Vec3;
  normal: Vec3;
  colMm: number;
  rowMm: number;
  rows: number;
  cols: number;
}

export const dot = (a: Vec3, b: Vec3): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
export const add = (a: Vec3, b: Vec3, times = 1): Vec3 => [a[0] + b[0] * times, a[1] + b[1] * times, a[2] + b[2] * times];
export const cross = (a: Vec3, b: Vec3): Vec3 => [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
export const scaled = (a: Vec3, by: number): Vec3 => [a[0] * by + 0, a[1] * by + 0, a[2] * by + 0]; // no negative zeros
/** Turned about an axis of length 1, by the right hand. */
export function turnedAbout(v: Vec3, axis: Vec3, angle: number): Vec3 {
  const c = Math.cos(angle);
  return add(add(scaled(v, c), cross(axis, v), Math.sin(angle)), axis, dot(axis, v) * (1 - c));
}

export const unit = (a: Vec3): Vec3 => scaled(a, 1 / (Math.hypot(...a) || 1));

/** The plane of frame `index`; null where the file does not say. */
export function planeOf(series: SeriesEntry, index: number): Plane | null {
  const shape = shapeOf(series, index);
  const origin = series.frames?.position?.[index];
  const { orientation, spacing } = shape;
  if (!origin || !orientation || orientation.length !== 6 || !spacing) return null;
  const right = unit([orientation[0], orientation[1], orientation[2]]);
  const down = unit([orientation[3], orientation[4], orientation[5]]);
  const [rowMm, colMm] = spacing;
  return { origin, right, down, normal: cross(right, down), colMm, rowMm, rows: shape.rows, cols: shape.cols };
}

export function toPatient(plane: Plane, p: ImagePoint): Vec3 {
  const across = add(plane.origin, plane.right, (p.x - 0.5) * plane.colMm);
  return add(across, plane.down, (p.y - 0.5) * plane.rowMm);
}

/** The image point right below a point of the patient. */
export function fromPatient(plane: Plane, p: Vec3): ImagePoint {
  const from = add(p, plane.origin, -1);
  return imagePoint(dot(from, plane.right) / plane.colMm + 0.5, dot(from, plane.down) / plane.rowMm + 0.5);
}

/** Millimetres from the plane, along its normal. */
export const distanceTo = (plane: Plane, p: Vec3): number => dot(add(p, plane.origin, -1), plane.normal);

/** The frame of a series nearest to a point of the patient; null where positions are unknown. */
export function nearestFrame(series: SeriesEntry, p: Vec3): number | null {
  let best: number | null = null;
  let least = Infinity;
  for (let i = 0; i < series.count; i++) {
    const plane = planeOf(series, i);
    if (!plane) continue;
    const away = Math.abs(distanceTo(plane, p));
    if (away < least - 1e-6) {
      least = away;
      best = i;
    }
  }
  return best;
}

/** Where the image `other` cuts through `plane`, in `plane`'s image: the part of the line that lies
 * inside `other`'s picture; null when they are parallel or do not meet. */
export function cutLine(plane: Plane, other: Plane): [ImagePoint, ImagePoint] | null {
  if (Math.abs(dot(plane.normal, other.normal)) > 0.99) return null;
  const ends = [
    [0, 0],
    [other.cols, 0],
    [other.cols, other.rows],
    [0, other.rows],
  ].map(([x, y]) => toPatient(other, imagePoint(x, y)));
  const found: ImagePoint[] = [];
  for (let i = 0; i < 4; i++) {
    const from = ends[i];
    const to = ends[(i + 1) % 4];
    const a = distanceTo(plane, from);
    const b = distanceTo(plane, to);
    if ((a < 0 && b < 0) || (a >= 0 && b >= 0)) continue;
    found.push(fromPatient(plane, add(from, add(to, from, -1), a / (a - b))));
  }
  return found.length === 2 ? [found[0], found[1]] : null;
}
