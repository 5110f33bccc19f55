import { add, dot, scaled, type Vec3 } from "../view/planes";
import type { Basis, Cutter, Slab, VoxelArray } from "./cutter";
import { voxelPoint, type Volume } from "./volume";

const LONGEST = 1024; // pixels of a side

/** Planes in any direction: square pixels as fine as the finest voxel side, each the weighted mean of
 * the eight voxels round it. One of the planes goes right through `point`. */
export class ObliqueCutter implements Cutter {
  readonly rows: number;
  readonly cols: number;
  readonly count: number;
  readonly mm: number;
  private readonly first: Vec3;
  /** What is shown where there is no voxel. */
  private readonly outside: number;

  constructor(
    private readonly volume: Volume,
    readonly basis: Basis,
    point: Vec3,
  ) {
    const { axes } = volume;
    const half = (v: Vec3): number => axes.reduce((sum, axis) => sum + (Math.abs(dot(axis.direction, v)) * axis.mm * axis.count) / 2, 0);
    const [wide, high, deep] = [half(basis.right), half(basis.down), half(basis.through)];
    this.mm = Math.max(Math.min(...axes.map((axis) => axis.mm)), (2 * Math.max(wide, high)) / LONGEST);
    const pixels = (length: number): number => Math.max(Math.ceil((2 * length) / this.mm - 1e-6), 1);
    this.cols = pixels(wide);
    this.rows = pixels(high);
    const middle = voxelPoint(volume, axes.map((axis) => (axis.count - 1) / 2) as [number, number, number]);
    const off = dot(add(point, middle, -1), basis.through);
    const lowest = Math.ceil((-deep - off) / this.mm);
    this.count = Math.max(Math.floor((deep - off) / this.mm) - lowest + 1, 1);
    const corner = add(middle, basis.right, (-(this.cols - 1) / 2) * this.mm);
    this.first = add(add(corner, basis.down, (-(this.rows - 1) / 2) * this.mm), basis.through, off + lowest * this.mm);
    this.outside = outsideOf(volume);
  }

  get rowMm(): number {
    return this.mm;
  }

  get colMm(): number {
    return this.mm;
  }

  get stepMm(): number {
    return this.mm;
  }

  originOf(index: number): Vec3 {
    return add(this.first, this.basis.through, index * this.mm);
  }

  cut(index: number, slab: Slab): VoxelArray {
    const reach = Math.floor(slab.mm / this.mm / 2);
    const low = Math.max(index - reach, 0);
    const high = Math.min(index + reach, this.count - 1);
    const best = new Float32Array(this.rows * this.cols).fill(NaN);
    const layers = slab.mode === "mean" && high > low ? new Uint16Array(best.length) : null;
    const sign = slab.mode === "min" ? -1 : 1;
    for (let slice = low; slice <= high; slice++) {
      this.sample(this.originOf(slice), (at, value) => {
        if (layers) {
          best[at] = layers[at]++ ? best[at] + value : value;
        } else if (!(sign * value <= sign * best[at])) best[at] = value;
      });
    }
    const Kind = this.volume.data.constructor as Int16ArrayConstructor;
    const pixels = new Kind(best.length);
    for (let i = 0; i < best.length; i++) pixels[i] = best[i] === best[i] ? Math.round(layers ? best[i] / layers[i] : best[i]) : this.outside;
    return pixels;
  }

  /** Calls `put` for every pixel of the plane at `origin` that lies in the volume. */
  private sample(origin: Vec3, put: (at: number, value: number) => void): void {
    const { data, axes } = this.volume;
    const [x, y, z] = axes;
    const from = add(origin, this.volume.origin, -1);
    const voxels = (v: Vec3): number[] => axes.map((axis) => dot(v, axis.direction) / axis.mm);
    const start = voxels(from);
    const [across, down] = [voxels(scaled(this.basis.right, this.mm)), voxels(scaled(this.basis.down, this.mm))];
    const [most0, most1, most2] = [x.count - 1, y.count - 1, z.count - 1];
    for (let row = 0, at = 0; row < this.rows; row++) {
      let u = start[0] + row * down[0];
      let v = start[1] + row * down[1];
      let w = start[2] + row * down[2];
      for (let col = 0; col < this.cols; col++, at++, u += across[0], v += across[1], w += across[2]) {
        if (u < -0.5 || v < -0.5 || w < -0.5 || u > most0 + 0.5 || v > most1 + 0.5 || w > most2 + 0.5) continue;
        const i = u < 0 ? 0 : u >= most0 ? most0 : Math.floor(u);
        const j = v < 0 ? 0 : v >= most1 ? most1 : Math.floor(v);
        const k = w < 0 ? 0 : w >= most2 ? most2 : Math.floor(w);
        const a = u <= i || i === most0 ? 0 : u - i;
        const b = v <= j || j === most1 ? 0 : v - j;
        const c = w <= k || k === most2 ? 0 : w - k;
        const p = i * x.stride + j * y.stride + k * z.stride;
        const dx = a ? x.stride : 0;
        const dy = b ? y.stride : 0;
        const dz = c ? z.stride : 0;
        const near = data[p] * (1 - a) + data[p + dx] * a;
        const nearDown = data[p + dy] * (1 - a) + data[p + dx + dy] * a;
        const far = data[p + dz] * (1 - a) + data[p + dx + dz] * a;
        const farDown = data[p + dy + dz] * (1 - a) + data[p + dx + dy + dz] * a;
        put(at, (near * (1 - b) + nearDown * b) * (1 - c) + (far * (1 - b) + farDown * b) * c);
      }
    }
  }
}

/** Air where values are Hounsfield units, else nothing. */
function outsideOf({ entry, slope, intercept, signed, bitsStored }: Volume): number {
  const wanted = entry.unit === "HU" ? Math.round((-1000 - intercept) / slope) : 0;
  const low = signed ? -(2 ** (bitsStored - 1)) : 0;
  return Math.min(Math.max(wanted, low), low + 2 ** bitsStored - 1);
}
