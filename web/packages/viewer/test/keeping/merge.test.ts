import { expect, test } from "vitest";
import { isSameSet, merge } from "../../src/keeping/merge";
import type { StoredMark } from "../../src/keeping/stored";

const mark = (uid: string, text = ""): StoredMark => ({ uid, kind: "text", series: "s", sop_instance_uid: "1.2", frame: 1, points: [[1, 2]], text });
const uids = (marks: StoredMark[]): string[] => marks.map((one) => one.uid + one.text).sort();

test("additions of both devices stay", () => {
  expect(uids(merge([mark("a")], [mark("a"), mark("b")], [mark("a"), mark("c")]))).toEqual(["a", "b", "c"]);
});

test("what one removed and nobody changed is removed", () => {
  expect(merge([mark("a"), mark("b")], [mark("a")], [mark("a"), mark("b")])).toEqual([mark("a")]);
  expect(merge([mark("a"), mark("b")], [mark("a"), mark("b")], [mark("b")])).toEqual([mark("b")]);
});

test("a change outlives the other's removal, and mine the other's change", () => {
  expect(uids(merge([mark("a")], [mark("a", "!")], []))).toEqual(["a!"]);
  expect(uids(merge([mark("a")], [], [mark("a", "?")]))).toEqual(["a?"]);
  expect(uids(merge([mark("a")], [mark("a", "!")], [mark("a", "?")]))).toEqual(["a!"]);
  expect(uids(merge([mark("a")], [mark("a")], [mark("a", "?")]))).toEqual(["a?"]);
});

test("times do not make two marks differ, order does not make two sets differ", () => {
  expect(isSameSet([{ ...mark("a"), at: "2026" }, mark("b")], [mark("b"), mark("a")])).toBe(true);
  expect(isSameSet([mark("a")], [mark("a", "!")])).toBe(false);
  expect(isSameSet([mark("a")], [mark("b")])).toBe(false);
});
