import type { MarkKind } from "../kind";
import { formatLength, lengthOf } from "../scale";

export const length: MarkKind = {
  name: "length",
  word: "长度",
  hint: "从一端拖到另一端",
  points: 2,
  outline: (p) => [p],
  read: ([p, q], { scale }) => [formatLength(lengthOf(p, q, scale), scale), scale.note].filter(Boolean),
};
