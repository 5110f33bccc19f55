import type { Frame } from "../format/frame";
import { shapeOf, type SeriesEntry } from "../format/manifest";
import { add, dot, planeOf, scaled, unit, type Vec3 } from "../view/planes";

/** One direction of the voxel grid. */
export interface Axis {
  count: number;
  mm: number;
  direction: Vec3;
  /** Voxels between neighbours along this axis. */
  stride: number;
}

/** All slices of a series as one grid of stored values: columns, rows, slices. */
export interface Volume {
  entry: SeriesEntry;
  data: Int16Array | Uint16Array | Uint8Array | Int8Array;
  signed: boolean;
  bitsStored: number;
  slope: number;
  intercept: number;
  axes: [Axis, Axis, Axis];
  /** The middle of voxel 0. */
  origin: Vec3;
}

/** Fill a grid slice by slice. `maxBytes`: larger series are taken with every second, third …
 * column and row. Slices that cannot be had repeat their neighbour. */
export async function buildVolume(
  entry: SeriesEntry,
  exact: (index: number) => Promise<Frame>,
  maxBytes: number,
  onProgress: (done: number) => void,
): Promise<Volume> {
  const bytes = entry.bits_stored > 8 ? 2 : 1;
  const thin = Math.max(1, Math.ceil(Math.sqrt((entry.rows * entry.cols * entry.count * bytes) / maxBytes)));
  const volume = emptyVolume(entry, thin);
  const missing: number[] = [];
  let next = 0;
  let done = 0;
  const lane = async (): Promise<void> => {
    while (next < entry.count) {
      const index = next++;
      try {
        fill(volume, index, await exact(index), thin);
      } catch {
        missing.push(index);
      }
      onProgress(++done);
    }
  };
  await Promise.all(Array.from({ length: 6 }, lane));
  if (missing.length === entry.count) throw new Error("no_slices");
  const gaps = new Set(missing);
  for (const index of missing.sort((a, b) => a - b)) repeatNeighbour(volume, index, gaps);
  return volume;
}

function emptyVolume(entry: SeriesEntry, thin: number): Volume {
  const first = planeOf(entry, 0)!;
  const last = planeOf(entry, entry.count - 1)!;
  const cols = Math.floor(entry.cols / thin);
  const rows = Math.floor(entry.rows / thin);
  const way = add(last.origin, first.origin, -1);
  const size = cols * rows * entry.count;
  const isWide = entry.bits_stored > 8;
  const data = entry.signed ? (isWide ? new Int16Array(size) : new Int8Array(size)) : isWide ? new Uint16Array(size) : new Uint8Array(size);
  return {
    entry,
    data,
    signed: entry.signed,
    bitsStored: entry.bits_stored,
    slope: entry.slope,
    intercept: entry.intercept,
    axes: [
      { count: cols, mm: first.colMm * thin, direction: first.right, stride: 1 },
      { count: rows, mm: first.rowMm * thin, direction: first.down, stride: cols },
      { count: entry.count, mm: Math.hypot(...way) / (entry.count - 1), direction: unit(way), stride: cols * rows },
    ],
    origin: first.origin,
  };
}

/** Slices whose slope is their own (PET) are brought to the series' slope. */
function fill(volume: Volume, index: number, frame: Frame, thin: number): void {
  const [x, y, z] = volume.axes;
  const shape = shapeOf(volume.entry, index);
  const isSame = shape.slope === volume.slope && shape.intercept === volume.intercept;
  const from = index * z.stride;
  if (thin === 1 && isSame) {
    volume.data.set(frame.pixels, from);
    return;
  }
  for (let row = 0, at = from; row < y.count; row++) {
    for (let col = 0; col < x.count; col++) {
      const stored = frame.pixels[row * thin * frame.cols + col * thin];
      volume.data[at++] = isSame ? stored : Math.round((stored * shape.slope + shape.intercept - volume.intercept) / volume.slope);
    }
  }
}

function repeatNeighbour({ data, axes }: Volume, index: number, gaps: Set<number>): void {
  const { stride, count } = axes[2];
  for (let away = 1; away < count; away++) {
    const near = [index - away, index + away].find((i) => i >= 0 && i < count && !gaps.has(i));
    if (near !== undefined) return void data.copyWithin(index * stride, near * stride, (near + 1) * stride);
  }
}

/** The middle of a voxel in the patient. */
export function voxelPoint({ axes, origin }: Volume, at: readonly [number, number, number]): Vec3 {
  return axes.reduce((p, axis, i) => add(p, scaled(axis.direction, axis.mm * at[i])), origin);
}

/** The axis nearest to a direction of the patient, and whether it runs the same way. */
export function axisAlong({ axes }: Volume, direction: Vec3, taken: number[] = []): { axis: number; isSame: boolean } {
  let axis = -1;
  let most = -1;
  axes.forEach((one, i) => {
    const along = Math.abs(dot(one.direction, direction));
    if (!taken.includes(i) && along > most) [axis, most] = [i, along];
  });
  return { axis, isSame: dot(axes[axis].direction, direction) > 0 };
}
