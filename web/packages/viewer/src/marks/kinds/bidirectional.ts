import type { MarkKind } from "../kind";
import { fixed, lengthOf } from "../scale";

/** The long and the short diameter of a lesion. */
export const bidirectional: MarkKind = {
  name: "bidirectional",
  word: "双径",
  hint: "先画长径,再画短径",
  points: 4,
  isPairs: true,
  outline: (p) => (p.length > 2 ? [p.slice(0, 2), p.slice(2)] : [p]),
  read: ([p, q, r, s], { scale }) => {
    const sizes = [lengthOf(p, q, scale), ...(s ? [lengthOf(r, s, scale)] : [])].sort((a, b) => b - a);
    return [`${sizes.map((size) => fixed(size)).join(" × ")} ${scale.unit}`, scale.note].filter(Boolean);
  },
};
