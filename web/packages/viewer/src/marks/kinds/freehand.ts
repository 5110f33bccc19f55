import { polygon } from "./polygon";
import type { MarkKind } from "../kind";

/** A region drawn in one stroke. */
export const freehand: MarkKind = {
  ...polygon,
  name: "freehand",
  word: "手绘",
  hint: "沿边缘画一圈",
  isStroke: true,
};
