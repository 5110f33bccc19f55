// The manifest of docs/web-format.md, and what is asked of it frame by frame.

export interface WindowValue {
  name: string;
  center: number;
  width: number;
  /** Only where it is not LINEAR (PS3.3 C.11.2.1.3). */
  function?: "LINEAR_EXACT" | "SIGMOID";
  /** Greys come from this table; centre and width only say what it spans. */
  table?: GreyTable;
}

/** The greys (0..255) of modality values from `first` on, as [grey, how many in a row, …]. */
export interface GreyTable {
  first: number;
  runs: number[];
}

/** How a projection was taken: its view (CC, MLO, PA …), side, and what lies to the image's right and
 * down (Patient Orientation). */
export interface FrameView {
  position: string;
  side: string;
  right: string;
  down: string;
}

export interface FrameColumns {
  sop_instance_uid: { prefix: string; rest: string[] };
  frame: number[] | null;
  instance_number: (number | null)[];
  position: ([number, number, number] | null)[] | null;
  /** Of projections only. */
  view?: (FrameView | null)[] | null;
  bytes: number[];
  problem: Record<string, string>;
  overrides: Record<string, Partial<FrameShape>>;
  /** Frames of which only the upper rows came. */
  partial?: Record<string, { problem: string; rows: number }>;
}

export interface FrameShape {
  rows: number;
  cols: number;
  samples: number;
  bits_stored: number;
  signed: boolean;
  photometric: string;
  slope: number;
  intercept: number;
  /** How much higher than wide a pixel is. */
  aspect?: number;
  /** What lies over the pixels: S a shutter, O overlays. */
  layers?: string;
  windows: WindowValue[];
  orientation: number[] | null;
  /** Of modality values: HU, Bq/ml, g/ml or nothing. */
  unit: string;
  /** Millimetres between rows, between columns. */
  spacing: [number, number] | null;
  spacing_source: string | null;
  /** Calibrated regions of ultrasound, the last on top. */
  regions?: Region[] | null;
  /** A modality value times this is SUVbw. */
  suv_factor?: number | null;
}

/** Columns and rows, both ends inside; then millimetres, null where the axes are no lengths. */
export type Region = [left: number, top: number, right: number, bottom: number, rowMm: number | null, colMm: number | null];

export interface SeriesEntry extends FrameShape {
  id: string;
  revision?: number;
  series_instance_uid: string;
  number: number | null;
  modality: string;
  description: string;
  body_part: string;
  state: "ready" | "waiting" | "unsupported" | "damaged";
  problem: string;
  message: string;
  count: number;
  frame_time_ms: number | null;
  /** How long each frame is shown, where the steps are uneven. */
  frame_times_ms?: number[] | null;
  slice_thickness_mm: number | null;
  frame_of_reference_uid: string;
  preview: { rows: number; cols: number; bytes: number } | null;
  thumbnail: boolean;
  /** Null while the series is waiting. */
  frames: FrameColumns | null;
}

export interface StudyFacts {
  id: string;
  study_instance_uid: string;
  description: string;
  study_at: string | null;
  patient_name: string;
  patient_id: string;
  patient_sex: string;
  patient_age: string;
}

export interface Manifest {
  version: number;
  revision: number;
  study: StudyFacts;
  series: SeriesEntry[];
}

/** The shape of frame `index`: the series' own, with its overrides. */
export function shapeOf(series: SeriesEntry, index: number): FrameShape {
  const override = series.frames?.overrides[String(index)];
  return override ? { ...series, ...override } : series;
}

/** SOP Instance UID and 1-based frame number of frame `index`. */
export function identityOf(series: SeriesEntry, index: number): { uid: string; frame: number } {
  if (!series.frames) return { uid: "", frame: 1 };
  const { prefix, rest } = series.frames.sop_instance_uid;
  return { uid: prefix + (rest[index] ?? ""), frame: series.frames.frame?.[index] ?? 1 };
}

/** How many rows of frame `index` are real; null when all are. */
export function realRowsOf(series: SeriesEntry, index: number): number | null {
  return series.frames?.partial?.[String(index)]?.rows ?? null;
}

/** The stable code of why frame `index` cannot be shown; "" when it can. */
export function problemOf(series: SeriesEntry, index: number): string {
  return series.frames?.problem[String(index)] ?? "";
}
