import type { MarkKind } from "../kind";
import { suv, trim } from "../regions";
import { valueAt } from "../statistics";

/** The value of one pixel. */
export const probe: MarkKind = {
  name: "probe",
  word: "取值",
  hint: "点一个位置,显示该点的数值",
  points: 1,
  outline: () => [],
  read: ([p], context) => {
    if (!context.frame) return ["等待原始像素…"];
    const values = valueAt(context.frame, context.slope, context.intercept, p.x, p.y);
    if (!values) return ["图像之外"];
    if (values.length === 3) return [`RGB ${values.join(", ")}`];
    return [`${trim(values[0])}${context.unit ? ` ${context.unit}` : ""}`, ...suv(values[0], context.suvFactor)];
  },
};
