import type { MarkKind } from "../kind";

/** The head is where the finger went down: on the finding. */
export const arrow: MarkKind = {
  name: "arrow",
  word: "箭头",
  hint: "从病灶处向外拖",
  points: 2,
  outline: (p) => [p],
  read: (_, { text }) => (text ? [text] : []),
  hasHead: true,
};
