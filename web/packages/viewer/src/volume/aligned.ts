import { scaled, type Vec3 } from "../view/planes";
import type { Basis, Cutter, Slab, VoxelArray } from "./cutter";
import { axisAlong, voxelPoint, type Volume } from "./volume";

interface Step {
  axis: number;
  count: number;
  mm: number;
  direction: Vec3;
  /** Voxels to the next pixel; negative when the axis runs the other way. */
  stride: number;
}

/** Planes along the axes of the voxel grid. Pixels are voxels: nothing is interpolated, so a value
 * that is read is a value that was stored (for a slab: the extreme or the mean of such). */
export class AlignedCutter implements Cutter {
  private readonly across: Step;
  private readonly down: Step;
  private readonly through: Step;
  private readonly first: number;

  constructor(
    private readonly volume: Volume,
    view: Basis,
  ) {
    this.across = this.step(view.right, []);
    this.down = this.step(view.down, [this.across.axis]);
    this.through = this.step(view.through, [this.across.axis, this.down.axis]);
    this.first = [this.across, this.down, this.through].reduce((at, s) => at + (s.stride < 0 ? -s.stride * (s.count - 1) : 0), 0);
  }

  get basis(): Basis {
    return { right: this.across.direction, down: this.down.direction, through: this.through.direction };
  }

  get rows(): number {
    return this.down.count;
  }

  get cols(): number {
    return this.across.count;
  }

  get count(): number {
    return this.through.count;
  }

  get rowMm(): number {
    return this.down.mm;
  }

  get colMm(): number {
    return this.across.mm;
  }

  get stepMm(): number {
    return this.through.mm;
  }

  originOf(index: number): Vec3 {
    const at: [number, number, number] = [0, 0, 0];
    for (const s of [this.across, this.down, this.through]) at[s.axis] = s.stride < 0 ? s.count - 1 : 0;
    at[this.through.axis] += this.through.stride < 0 ? -index : index;
    return voxelPoint(this.volume, at);
  }

  cut(index: number, slab: Slab): VoxelArray {
    const { data } = this.volume;
    const { across, down, through } = this;
    const reach = Math.floor(slab.mm / through.mm / 2);
    const low = Math.max(index - reach, 0);
    const high = Math.min(index + reach, through.count - 1);
    const Kind = data.constructor as Int16ArrayConstructor;
    const pixels = new Kind(across.count * down.count);
    const sums = slab.mode === "mean" && high > low ? new Float32Array(pixels.length) : null;
    const isMax = slab.mode === "max";
    for (let slice = low; slice <= high; slice++) {
      let at = 0;
      for (let row = 0; row < down.count; row++) {
        let from = this.first + slice * through.stride + row * down.stride;
        for (let col = 0; col < across.count; col++, at++, from += across.stride) {
          const value = data[from];
          if (sums) sums[at] += value;
          else if (slice === low || (isMax ? value > pixels[at] : value < pixels[at])) pixels[at] = value;
        }
      }
    }
    if (sums) for (let i = 0; i < sums.length; i++) pixels[i] = Math.round(sums[i] / (high - low + 1));
    return pixels;
  }

  private step(direction: Vec3, taken: number[]): Step {
    const { axis, isSame } = axisAlong(this.volume, direction, taken);
    const { count, mm, stride, direction: own } = this.volume.axes[axis];
    return { axis, count, mm, direction: isSame ? own : scaled(own, -1), stride: isSame ? stride : -stride };
  }
}
