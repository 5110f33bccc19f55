import type { MarkKind } from "../kind";
import { fixed, lengthOf } from "../scale";

/** A line whose true length the reader knows; from then on the series is measured by it. */
export const calibrate: MarkKind = {
  name: "calibrate",
  word: "校准",
  hint: "沿已知长度的物体画一条线",
  points: 2,
  outline: (p) => [p],
  read: ([p, q], { scale, text }) => [`校准线 ${text || fixed(lengthOf(p, q, scale))} mm`],
  asksText: true,
};
