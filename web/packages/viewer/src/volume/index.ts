// Loaded when a reader asks for other planes or a rendered volume, never before.
export { PlaneSource, type PlaneName, type Slab } from "./planes";
export { View3d } from "./view3d";
export { buildVolume, type Volume } from "./volume";
