import type { MarkKind } from "../kind";
import { angleBetween, fixed } from "../scale";

/** Three points; the second is the corner. */
export const angle: MarkKind = {
  name: "angle",
  word: "角度",
  hint: "先画一边,再点另一边的端点",
  points: 3,
  outline: (p) => [p],
  read: ([p, corner, q], { scale }) => (q ? [`${fixed(angleBetween(corner, p, corner, q, scale))}°`] : []),
};
