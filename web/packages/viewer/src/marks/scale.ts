import type { SeriesEntry } from "../format/manifest";
import type { ImagePoint } from "../view/points";

/** What a reader must know of a spacing's source (PS3.3 10.7.1.3): only Pixel Spacing and calibrated
 * ultrasound are lengths in the patient as they stand. */
const NOTES: Record<string, string> = {
  ImagerPixelSpacing: "探测器平面,未校正放大",
  EstimatedRadiographicMagnificationFactor: "已按估计放大率校正",
  NominalScannedPixelSpacing: "按扫描标称值",
};

/** How long a pixel is, and where that was read. Without a source lengths are in pixels, never in a
 * made-up millimetre. */
export interface Scale {
  colMm: number;
  rowMm: number;
  unit: "mm" | "像素";
  note: string;
}

/** `calibratedMm`: what the reader said one column is long. */
export function scaleOf(series: SeriesEntry, calibratedMm: number | null = null): Scale {
  const [rowMm, colMm] = series.spacing ?? [1, 1];
  if (calibratedMm !== null) return { colMm: calibratedMm, rowMm: (calibratedMm * rowMm) / colMm, unit: "mm", note: "已校准" };
  if (!series.spacing) return { colMm: 1, rowMm: 1, unit: "像素", note: "" };
  return { colMm, rowMm, unit: "mm", note: NOTES[series.spacing_source ?? ""] ?? "" };
}

export function lengthOf(p: ImagePoint, q: ImagePoint, scale: Scale): number {
  return Math.hypot((q.x - p.x) * scale.colMm, (q.y - p.y) * scale.rowMm);
}

/** Degrees between the directions p->q and r->s, 0 to 180, in true geometry. */
export function angleBetween(p: ImagePoint, q: ImagePoint, r: ImagePoint, s: ImagePoint, scale: Scale): number {
  const ax = (q.x - p.x) * scale.colMm;
  const ay = (q.y - p.y) * scale.rowMm;
  const bx = (s.x - r.x) * scale.colMm;
  const by = (s.y - r.y) * scale.rowMm;
  return (Math.abs(Math.atan2(ax * by - ay * bx, ax * bx + ay * by)) * 180) / Math.PI;
}

/** The area inside a polygon, in the scale's unit squared. */
export function areaOf(points: ImagePoint[], scale: Scale): number {
  let twice = 0;
  points.forEach((p, i) => {
    const q = points[(i + 1) % points.length];
    twice += p.x * q.y - q.x * p.y;
  });
  return (Math.abs(twice) / 2) * scale.colMm * scale.rowMm;
}

export const formatLength = (value: number, scale: Scale): string => `${fixed(value)} ${scale.unit}`;

/** Square centimetres from 1 cm² on, as reports write them. */
export function formatArea(value: number, scale: Scale): string {
  if (scale.unit === "像素") return `${Math.round(value)} 像素²`;
  return value >= 100 ? `${fixed(value / 100, 2)} cm²` : `${fixed(value)} mm²`;
}

export const fixed = (value: number, digits = 1): string => value.toFixed(digits);
