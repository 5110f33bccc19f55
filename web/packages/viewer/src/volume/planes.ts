import type { Frame } from "../format/frame";
import type { SeriesEntry } from "../format/manifest";
import type { FrameSource } from "../loading/source";
import { scaled, type Vec3 } from "../view/planes";
import { SLAB_WORDS, type SlabMode } from "./words";
import { axisAlong, voxelPoint, type Volume } from "./volume";

export type PlaneName = "axial" | "coronal" | "sagittal";
export interface Slab {
  mode: SlabMode;
  mm: number;
}

export const PLANE_WORDS: Record<PlaneName, string> = { axial: "轴位", coronal: "冠状位", sagittal: "矢状位" };

/** Screen right, screen down, and the way slices are counted, as radiologists look. */
const VIEWS: Record<PlaneName, [Vec3, Vec3, Vec3]> = {
  axial: [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
  coronal: [[1, 0, 0], [0, 0, -1], [0, 1, 0]],
  sagittal: [[0, 1, 0], [0, 0, -1], [1, 0, 0]],
}; // prettier-ignore
const KEPT = 24;

interface Step {
  axis: number;
  count: number;
  mm: number;
  direction: Vec3;
  /** Voxels to the next pixel; negative when the axis runs the other way. */
  stride: number;
}

/** The planes of a volume in one direction. Pixels are voxels: nothing is interpolated, so a value
 * that is read is a value that was stored (for a slab: the extreme or the mean of such). */
export class PlaneSource implements FrameSource {
  readonly problems = new Map<number, string>();
  entry: SeriesEntry;
  private slabNow: Slab = { mode: "max", mm: 0 };
  private readonly right: Step;
  private readonly down: Step;
  private readonly through: Step;
  private readonly first: number;
  private readonly made = new Map<number, Frame>();

  constructor(
    readonly volume: Volume,
    readonly name: PlaneName,
  ) {
    const [right, down, through] = VIEWS[name];
    this.right = this.step(right, []);
    this.down = this.step(down, [this.right.axis]);
    this.through = this.step(through, [this.right.axis, this.down.axis]);
    this.first = [this.right, this.down, this.through].reduce((at, s) => at + (s.stride < 0 ? -s.stride * (s.count - 1) : 0), 0);
    this.entry = this.describe();
  }

  get bytes(): number {
    let sum = 0;
    for (const frame of this.made.values()) sum += frame.pixels.byteLength;
    return sum;
  }

  get slab(): Slab {
    return this.slabNow;
  }

  set slab(slab: Slab) {
    this.slabNow = slab;
    this.made.clear();
    this.entry = { ...this.describe(), revision: (this.entry.revision ?? 0) + 1 };
  }

  /** How many slices a slab takes on each side. */
  get reach(): number {
    return Math.floor(this.slab.mm / this.through.mm / 2);
  }

  frameAt(index: number): Frame | undefined {
    let frame = this.made.get(index);
    if (!frame) {
      frame = this.cut(index);
      this.made.set(index, frame);
      if (this.made.size > KEPT) this.made.delete(this.made.keys().next().value!);
    }
    return frame;
  }

  previewNear(): null {
    return null;
  }

  moveTo(): void {
    // everything is here already
  }

  private step(direction: Vec3, taken: number[]): Step {
    const { axis, isSame } = axisAlong(this.volume, direction, taken);
    const { count, mm, stride, direction: own } = this.volume.axes[axis];
    return { axis, count, mm, direction: isSame ? own : scaled(own, -1), stride: isSame ? stride : -stride };
  }

  private describe(): SeriesEntry {
    const base = this.volume.entry;
    const { right, down, through } = this;
    const place = (index: number): [number, number, number] => {
      const at: [number, number, number] = [0, 0, 0];
      for (const s of [right, down, through]) at[s.axis] = s.stride < 0 ? s.count - 1 : 0;
      at[through.axis] += through.stride < 0 ? -index : index;
      return [...voxelPoint(this.volume, at)] as [number, number, number];
    };
    const isThick = this.reach > 0;
    return {
      ...base,
      id: `${base.id}~${this.name}`,
      revision: 0,
      description: `${PLANE_WORDS[this.name]} 重建${isThick ? ` · ${SLAB_WORDS[this.slab.mode]} ${this.slab.mm} mm` : ""}`,
      count: through.count,
      rows: down.count,
      cols: right.count,
      spacing: [down.mm, right.mm],
      aspect: down.mm / right.mm,
      layers: "",
      regions: null,
      orientation: [...right.direction, ...down.direction],
      slice_thickness_mm: isThick ? this.slab.mm : through.mm,
      preview: null,
      frames: {
        sop_instance_uid: { prefix: "", rest: [] },
        frame: null,
        instance_number: [],
        position: Array.from({ length: through.count }, (_, i) => place(i)),
        bytes: [],
        problem: {},
        overrides: {},
      },
    };
  }

  private cut(index: number): Frame {
    const { data, signed, bitsStored } = this.volume;
    const { right, down, through, reach } = this;
    const low = Math.max(index - reach, 0);
    const high = Math.min(index + reach, through.count - 1);
    const Kind = data.constructor as Int16ArrayConstructor;
    const pixels = new Kind(right.count * down.count);
    const sums = this.slab.mode === "mean" && high > low ? new Float32Array(pixels.length) : null;
    const isMax = this.slab.mode === "max";
    for (let slice = low; slice <= high; slice++) {
      let at = 0;
      for (let row = 0; row < down.count; row++) {
        let from = this.first + slice * through.stride + row * down.stride;
        for (let col = 0; col < right.count; col++, at++, from += right.stride) {
          const value = data[from];
          if (sums) sums[at] += value;
          else if (slice === low || (isMax ? value > pixels[at] : value < pixels[at])) pixels[at] = value;
        }
      }
    }
    if (sums) for (let i = 0; i < sums.length; i++) pixels[i] = Math.round(sums[i] / (high - low + 1));
    return { rows: down.count, cols: right.count, samples: 1, bitsStored, signed, pixels };
  }
}
