import type { FrameShape, Region } from "../format/manifest";
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

type Geometry = Pick<FrameShape, "spacing" | "spacing_source" | "regions" | "aspect">;

/** The scale of a frame; for a mark at `points` that of the ultrasound region it lies in.
 * `calibratedMm`: what the reader said one column is long. */
export function scaleOf(frame: Geometry, calibratedMm: number | null = null, points: ImagePoint[] = []): Scale {
  const [rowMm, colMm] = frame.spacing ?? [frame.aspect ?? 1, 1];
  if (calibratedMm !== null) return { colMm: calibratedMm, rowMm: (calibratedMm * rowMm) / colMm, unit: "mm", note: "已校准" };
  if (frame.regions?.length && points.length) {
    const found = scaleInRegion(frame.regions, points);
    if (found) return found;
    if (!frame.spacing || frame.spacing_source === "PhysicalDeltaX") return inPixels("超出标定区域", rowMm / colMm);
  }
  if (!frame.spacing) return inPixels(rowMm === 1 ? "" : "像素非正方形,按像素宽计", rowMm);
  return { colMm, rowMm, unit: "mm", note: NOTES[frame.spacing_source ?? ""] ?? "" };
}

/** In widths of a pixel, which is `aspect` times as high. */
const inPixels = (note: string, aspect = 1): Scale => ({ colMm: 1, rowMm: aspect, unit: "像素", note });

/** A mark belongs to the topmost region under its first point, when all of it lies there
 * (PS3.3 C.8.5.5); null when it does not. */
function scaleInRegion(regions: Region[], points: ImagePoint[]): Scale | null {
  const contains = ([left, top, right, bottom]: Region, p: ImagePoint): boolean => p.x >= left && p.x <= right + 1 && p.y >= top && p.y <= bottom + 1;
  const region = [...regions].reverse().find((one) => contains(one, points[0]));
  if (!region || !points.every((p) => contains(region, p))) return null;
  const [, , , , rowMm, colMm] = region;
  return rowMm && colMm ? { colMm, rowMm, unit: "mm", note: "" } : inPixels("该区域没有长度标定");
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
