import { imagePoint, type ImagePoint } from "../../view/points";
import type { MarkKind } from "../kind";
import { boxOf, isInBox, readRegion } from "../regions";
import { areaOf } from "../scale";

function corners(points: ImagePoint[]): ImagePoint[] {
  const [left, top, right, bottom] = boxOf(points);
  return [imagePoint(left, top), imagePoint(right, top), imagePoint(right, bottom), imagePoint(left, bottom)];
}

/** Two opposite corners. */
export const rectangle: MarkKind = {
  name: "rectangle",
  word: "矩形",
  hint: "从一角拖到对角",
  points: 2,
  outline: (p) => [[...corners(p), corners(p)[0]]],
  read: (p, context) => readRegion(areaOf(corners(p), context.scale), boxOf(p), isInBox(boxOf(p)), context),
};
