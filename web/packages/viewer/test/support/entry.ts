import type { SeriesEntry } from "../../src/format/manifest";

/** A series of `count` frames 4 x 4, axial, 2 mm apart; `facts` override. */
export function seriesEntry(count: number, facts: Partial<SeriesEntry> = {}): SeriesEntry {
  return {
    id: "s", revision: 1, series_instance_uid: "2.25.1", number: 1, modality: "CT", description: "", body_part: "",
    state: "ready", problem: "", message: "", count, rows: 4, cols: 4, samples: 1, bits_stored: 16, signed: false,
    photometric: "MONOCHROME2", slope: 1, intercept: -1024, unit: "HU", frame_time_ms: null,
    windows: [{ name: "", center: 40, width: 400 }], spacing: [1, 1], spacing_source: "PixelSpacing",
    slice_thickness_mm: 2, frame_of_reference_uid: "2.25.9", orientation: [1, 0, 0, 0, 1, 0], preview: null, thumbnail: false,
    frames: {
      sop_instance_uid: { prefix: "2.25.", rest: Array.from({ length: count }, (_, i) => String(i)) },
      frame: null, instance_number: Array.from({ length: count }, (_, i) => i + 1),
      position: Array.from({ length: count }, (_, i) => [0, 0, 2 * i] as [number, number, number]),
      bytes: Array.from({ length: count }, () => 10), problem: {}, overrides: {},
    },
    ...facts,
  }; // prettier-ignore
}
