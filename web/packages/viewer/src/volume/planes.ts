import type { Frame } from "../format/frame";
import type { SeriesEntry } from "../format/manifest";
import type { FrameSource } from "../loading/source";
import type { Vec3 } from "../view/planes";
import { AlignedCutter } from "./aligned";
import { isAligned, type Basis, type Cutter, type Slab } from "./cutter";
import { ObliqueCutter } from "./oblique";
import { SLAB_WORDS } from "./words";
import type { Volume } from "./volume";

export type PlaneName = "axial" | "coronal" | "sagittal";

export const PLANE_WORDS: Record<PlaneName, string> = { axial: "轴位", coronal: "冠状位", sagittal: "矢状位" };

/** As radiologists look. */
const VIEWS: Record<PlaneName, Basis> = {
  axial: { right: [1, 0, 0], down: [0, 1, 0], through: [0, 0, 1] },
  coronal: { right: [1, 0, 0], down: [0, 0, -1], through: [0, 1, 0] },
  sagittal: { right: [0, 1, 0], down: [0, 0, -1], through: [1, 0, 0] },
};
const KEPT = 24;

/** The planes of a volume in one direction. */
export class PlaneSource implements FrameSource {
  readonly problems = new Map<number, string>();
  entry: SeriesEntry;
  private slabNow: Slab = { mode: "max", mm: 0 };
  private cutter: Cutter;
  private readonly made = new Map<number, Frame>();

  constructor(
    readonly volume: Volume,
    readonly name: PlaneName,
  ) {
    this.cutter = new AlignedCutter(volume, VIEWS[name]);
    this.entry = this.describe();
  }

  get bytes(): number {
    let sum = 0;
    for (const frame of this.made.values()) sum += frame.pixels.byteLength;
    return sum;
  }

  get basis(): Basis {
    return this.cutter.basis;
  }

  get slab(): Slab {
    return this.slabNow;
  }

  set slab(slab: Slab) {
    this.slabNow = slab;
    this.again();
  }

  /** Look in other directions; one of the planes goes through `point`. */
  turnTo(basis: Basis, point: Vec3): void {
    this.cutter = isAligned(this.volume, basis) ? new AlignedCutter(this.volume, basis) : new ObliqueCutter(this.volume, basis, point);
    this.again();
  }

  /** The directions that it began with. */
  straighten(): void {
    this.cutter = new AlignedCutter(this.volume, VIEWS[this.name]);
    this.again();
  }

  frameAt(index: number): Frame | undefined {
    let frame = this.made.get(index);
    if (!frame) {
      const { signed, bitsStored } = this.volume;
      const { rows, cols } = this.cutter;
      frame = { rows, cols, samples: 1, bitsStored, signed, pixels: this.cutter.cut(index, this.slabNow) };
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

  private again(): void {
    this.made.clear();
    this.entry = { ...this.describe(), revision: (this.entry.revision ?? 0) + 1 };
  }

  private describe(): SeriesEntry {
    const base = this.volume.entry;
    const { rows, cols, count, rowMm, colMm, stepMm, basis } = this.cutter;
    const isOblique = this.cutter instanceof ObliqueCutter;
    const isThick = Math.floor(this.slabNow.mm / stepMm / 2) > 0;
    const positions = Array.from({ length: count }, (_, i) => [...this.cutter.originOf(i)] as [number, number, number]);
    return {
      ...base,
      id: `${base.id}~${this.name}${isOblique ? `@${placeOf(basis, positions[0])}` : ""}`,
      revision: 0,
      description: `${PLANE_WORDS[this.name]} ${isOblique ? "斜切" : "重建"}${isThick ? ` · ${SLAB_WORDS[this.slabNow.mode]} ${this.slabNow.mm} mm` : ""}`,
      count,
      rows,
      cols,
      spacing: [rowMm, colMm],
      aspect: rowMm / colMm,
      layers: "",
      regions: null,
      orientation: [...basis.right, ...basis.down],
      slice_thickness_mm: isThick ? this.slabNow.mm : stepMm,
      preview: null,
      frames: {
        sop_instance_uid: { prefix: "", rest: [] },
        frame: null,
        instance_number: [],
        position: positions,
        bytes: [],
        problem: {},
        overrides: {},
      },
    };
  }
}

/** Tells planes apart, so that a mark stays with the plane it was drawn on; far coarser than what a
 * kept plane is rounded to. */
const placeOf = ({ right, down }: Basis, first: Vec3): string => [...[...right, ...down].map((v) => Math.round(v * 1e4)), ...first.map((v) => Math.round(v * 100))].join(",");
