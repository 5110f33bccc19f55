import { imagePoint, type ImagePoint } from "../view/points";
import type { MarkContext } from "./kind";
import { fixed, formatArea } from "./scale";
import { statisticsIn } from "./statistics";

const STEPS = 72;

/** A closed ellipse about a middle, as a line. */
export function ellipseOutline(cx: number, cy: number, rx: number, ry: number): ImagePoint[] {
  return Array.from({ length: STEPS + 1 }, (_, i) => {
    const t = (2 * Math.PI * i) / STEPS;
    return imagePoint(cx + rx * Math.cos(t), cy + ry * Math.sin(t));
  });
}

export const isInEllipse =
  (cx: number, cy: number, rx: number, ry: number) =>
  (x: number, y: number): boolean =>
    rx > 0 && ry > 0 && ((x - cx) / rx) ** 2 + ((y - cy) / ry) ** 2 <= 1;

export const isInBox =
  ([left, top, right, bottom]: [number, number, number, number]) =>
  (x: number, y: number): boolean =>
    x >= left && x <= right && y >= top && y <= bottom;

/** Even-odd rule. */
export function isInPolygon(points: ImagePoint[]): (x: number, y: number) => boolean {
  return (x, y) => {
    let isInside = false;
    for (let i = 0, j = points.length - 1; i < points.length; j = i++) {
      const [p, q] = [points[i], points[j]];
      if (p.y > y !== q.y > y && x < ((q.x - p.x) * (y - p.y)) / (q.y - p.y) + p.x) isInside = !isInside;
    }
    return isInside;
  };
}

/** Area, then mean, deviation, least and largest of what lies inside. */
export function readRegion(
  area: number,
  box: [number, number, number, number],
  isInside: (x: number, y: number) => boolean,
  context: MarkContext,
): string[] {
  const lines = [`面积 ${formatArea(area, context.scale)}`];
  if (!context.frame) return [...lines, "等待原始像素…"];
  const s = statisticsIn(context.frame, context.slope, context.intercept, box, isInside);
  if (!s) return lines;
  const unit = context.unit ? ` ${context.unit}` : "";
  lines.push(`均值 ${fixed(s.mean)}${unit}`, `标准差 ${fixed(s.deviation)}`, `最小 ${trim(s.min)} 最大 ${trim(s.max)}`);
  if (context.suvFactor) lines.push(`SUVbw 均值 ${fixed(s.mean * context.suvFactor, 2)} 最大 ${fixed(s.max * context.suvFactor, 2)}`);
  return context.scale.note ? [...lines, context.scale.note] : lines;
}

/** The uptake value of a modality value, where the file allows it. */
export const suv = (value: number, factor: number | null | undefined): string[] => (factor ? [`SUVbw ${fixed(value * factor, 2)}`] : []);

export function boxOf(points: ImagePoint[]): [number, number, number, number] {
  const xs = points.map((p) => p.x);
  const ys = points.map((p) => p.y);
  return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
}

/** Whole numbers stay whole. */
export const trim = (value: number): string => String(Math.round(value * 10) / 10);
