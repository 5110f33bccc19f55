// Loaded when a reader asks for other planes or a rendered volume, never before.
export { turnedBasis, type Basis, type Slab } from "./cutter";
export { PlaneSource, type PlaneName } from "./planes";
export { View3d } from "./view3d";
export { buildVolume, type Volume } from "./volume";
