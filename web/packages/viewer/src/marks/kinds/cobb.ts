import type { MarkKind } from "../kind";
import { angleBetween, fixed } from "../scale";

/** Two lines along end plates; the angle between them is the acute one. */
export const cobb: MarkKind = {
  name: "cobb",
  word: "Cobb 角",
  hint: "沿两个终板各画一条线",
  points: 4,
  isPairs: true,
  outline: (p) => (p.length > 2 ? [p.slice(0, 2), p.slice(2)] : [p]),
  read: ([p, q, r, s], { scale }) => {
    if (!s) return [];
    const between = angleBetween(p, q, r, s, scale);
    return [`Cobb ${fixed(Math.min(between, 180 - between))}°`];
  },
};
