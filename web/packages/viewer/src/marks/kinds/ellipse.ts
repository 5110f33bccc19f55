import type { ImagePoint } from "../../view/points";
import type { MarkKind } from "../kind";
import { boxOf, ellipseOutline, isInEllipse, readRegion } from "../regions";

function axes(points: ImagePoint[]): [number, number, number, number] {
  const [left, top, right, bottom] = boxOf(points);
  return [(left + right) / 2, (top + bottom) / 2, (right - left) / 2, (bottom - top) / 2];
}

/** Two opposite corners of the box around it. */
export const ellipse: MarkKind = {
  name: "ellipse",
  word: "椭圆",
  hint: "从一角拖到对角",
  points: 2,
  outline: (p) => [ellipseOutline(...axes(p))],
  read: (p, context) => {
    const [cx, cy, rx, ry] = axes(p);
    const area = Math.PI * rx * ry * context.scale.colMm * context.scale.rowMm;
    return readRegion(area, boxOf(p), isInEllipse(cx, cy, rx, ry), context);
  },
};
