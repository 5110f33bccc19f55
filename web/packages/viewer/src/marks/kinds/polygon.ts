import type { MarkKind } from "../kind";
import { boxOf, isInPolygon, readRegion } from "../regions";
import { areaOf } from "../scale";

/** As many corners as one likes; a tap on the first closes it. */
export const polygon: MarkKind = {
  name: "polygon",
  word: "多边形",
  hint: "逐点画,点回起点结束",
  points: Infinity,
  outline: (p) => [[...p, p[0]]],
  read: (p, context) => (p.length > 2 ? readRegion(areaOf(p, context.scale), boxOf(p), isInPolygon(p), context) : []),
};
