import type { MarkKind } from "../kind";
import { rectangle } from "./rectangle";

/** A rectangle whose values become the window; it is gone as soon as it is drawn. */
export const region: MarkKind = {
  name: "region",
  word: "区域调窗",
  hint: "拉一个方框,按框内组织调窗",
  points: 2,
  outline: rectangle.outline,
  read: () => [],
};
