import type { MarkKind } from "../kind";

export const text: MarkKind = {
  name: "text",
  word: "文字",
  hint: "点一个位置,写下文字",
  points: 1,
  outline: () => [],
  read: (_, context) => [context.text],
  asksText: true,
};
