import type { MarkKind } from "../kind";
import { ellipseOutline, isInEllipse, readRegion } from "../regions";
import { formatLength, lengthOf } from "../scale";

/** The middle and a point of the rim; round in the patient, whatever shape the pixels have. */
export const circle: MarkKind = {
  name: "circle",
  word: "圆",
  hint: "从圆心拖到边缘",
  points: 2,
  outline: ([middle, rim], scale) => {
    const radius = lengthOf(middle, rim, scale);
    return [ellipseOutline(middle.x, middle.y, radius / scale.colMm, radius / scale.rowMm)];
  },
  read: ([middle, rim], context) => {
    const { scale } = context;
    const radius = lengthOf(middle, rim, scale);
    const [rx, ry] = [radius / scale.colMm, radius / scale.rowMm];
    const box: [number, number, number, number] = [middle.x - rx, middle.y - ry, middle.x + rx, middle.y + ry];
    const region = readRegion(Math.PI * radius * radius, box, isInEllipse(middle.x, middle.y, rx, ry), context);
    return [`直径 ${formatLength(2 * radius, scale)}`, ...region];
  },
};
