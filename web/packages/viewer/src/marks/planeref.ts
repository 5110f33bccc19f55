import type { SeriesEntry } from "../format/manifest";
import { add, cross, distanceTo, fromPatient, nearestFrame, planeOf, scaled, unit, type Plane, type Vec3 } from "../view/planes";
import { imagePoint, type ImagePoint } from "../view/points";
import type { Basis, PlaneName } from "../volume";
import type { Mark } from "./store";

/** The rebuilt plane a mark was drawn on, so that it is found again on any device. */
export interface PlaneRef {
  name: PlaneName;
  /** Right and down of the axial, the sagittal and the coronal plane: 18 numbers. */
  views: number[];
  /** On the plane, in the patient. */
  point: Vec3;
  /** How its pixels lie here: the image point of `point`, and millimetres of a row and a column. Null
   * while its volume has not been built; points are then millimetres from `point`. */
  grid: { middle: ImagePoint; rowMm: number; colMm: number } | null;
}

export const VIEW_ORDER = ["axial", "sagittal", "coronal"] as const;

/** The series a rebuilt plane comes from; of a plain series itself. */
export const baseOf = (series: string): string => series.split("~", 1)[0];

/** Of a plane as it is now; `views`: the directions of all, in VIEW_ORDER. */
export function refTo(name: PlaneName, plane: Plane, seen: Vec3, views: Basis[]): PlaneRef {
  const point = rounded(add(seen, plane.normal, -distanceTo(plane, seen)), 1e6) as [number, number, number];
  return { name, views: views.flatMap(({ right, down }) => rounded([...right, ...down], 1e9)), point, grid: gridOf(plane, point) };
}

/** The mark where it lies in the planes of `entry`, which have its directions. */
export function placed<M extends Omit<Mark, "id">>(mark: M, ref: PlaneRef, entry: SeriesEntry): M {
  const index = nearestFrame(entry, ref.point)!;
  const grid = gridOf(planeOf(entry, index)!, ref.point);
  const points = mark.points.map((p) => imagePoint(p.x / grid.colMm + grid.middle.x, p.y / grid.rowMm + grid.middle.y));
  return { ...mark, series: entry.id, index, points, plane: { ...ref, grid } };
}

/** Its points in millimetres right and down of the plane's point. */
export function toMm(points: ImagePoint[], { grid }: PlaneRef): ImagePoint[] {
  return grid ? points.map((p) => imagePoint((p.x - grid.middle.x) * grid.colMm, (p.y - grid.middle.y) * grid.rowMm)) : points;
}

/** The directions a plane had when a mark was drawn; slices are counted as they usually are. */
export function basisIn({ views }: PlaneRef, name: PlaneName): Basis {
  const from = VIEW_ORDER.indexOf(name) * 6;
  const at = (n: number): Vec3 => unit([views[n], views[n + 1], views[n + 2]]);
  const [right, down] = [at(from), at(from + 3)];
  return { right, down, through: scaled(cross(right, down), name === "sagittal" ? -1 : 1) };
}

const gridOf = (plane: Plane, point: Vec3) => ({ middle: fromPatient(plane, point), rowMm: plane.rowMm, colMm: plane.colMm });

const rounded = (values: readonly number[], times: number): number[] => values.map((value) => Math.round(value * times) / times + 0);
