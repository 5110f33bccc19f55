import type { Pixels } from "../format/frame";
import { dot, turnedAbout, type Vec3 } from "../view/planes";
import type { Volume } from "./volume";
import type { SlabMode } from "./words";

export type VoxelArray = Pixels;

export interface Slab {
  mode: SlabMode;
  mm: number;
}

/** The directions of a plane in the patient, each of length 1: right and down on the screen, and the
 * way slices are counted. */
export interface Basis {
  right: Vec3;
  down: Vec3;
  through: Vec3;
}

/** Cuts parallel planes out of a volume. */
export interface Cutter {
  readonly basis: Basis;
  readonly rows: number;
  readonly cols: number;
  readonly count: number;
  readonly rowMm: number;
  readonly colMm: number;
  /** From plane to plane. */
  readonly stepMm: number;
  /** The middle of the first pixel of plane `index`. */
  originOf(index: number): Vec3;
  /** Plane `index` as thick as `slab`. */
  cut(index: number, slab: Slab): VoxelArray;
}

export const turnedBasis = ({ right, down, through }: Basis, axis: Vec3, angle: number): Basis => ({
  right: turnedAbout(right, axis, angle),
  down: turnedAbout(down, axis, angle),
  through: turnedAbout(through, axis, angle),
});

const ALIGNED = 1 - 1e-9;

/** Whether the planes run along the voxel grid, so that nothing need be interpolated. */
export const isAligned = ({ axes }: Pick<Volume, "axes">, { right, down }: Basis): boolean =>
  [right, down].every((v) => axes.some((axis) => Math.abs(dot(axis.direction, v)) > ALIGNED));
