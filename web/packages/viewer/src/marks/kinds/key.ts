import type { MarkKind } from "../kind";

/** A key image: the frame itself is what is marked. */
export const key: MarkKind = {
  name: "key",
  word: "关键影像",
  hint: "把这一幅标为关键影像",
  points: 0,
  outline: () => [],
  read: () => [],
};
