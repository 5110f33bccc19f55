import { expect, test } from "vitest";
import { identityOf, problemOf, realRowsOf, shapeOf } from "../../src/format/manifest";
import { seriesEntry } from "../support/entry";

test("a frame has the series' shape unless it says otherwise", () => {
  const entry = seriesEntry(3);
  entry.frames!.overrides = { "1": { rows: 9, slope: 2 } };
  expect(shapeOf(entry, 0)).toMatchObject({ rows: 4, slope: 1 });
  expect(shapeOf(entry, 1)).toMatchObject({ rows: 9, cols: 4, slope: 2 });
});

test("identity is prefix and rest, frame 1 where none is given", () => {
  const entry = seriesEntry(2);
  expect(identityOf(entry, 1)).toEqual({ uid: "2.25.1", frame: 1 });
  entry.frames!.frame = [5, 6];
  expect(identityOf(entry, 1).frame).toBe(6);
});

test("a waiting series has no frames and no problem", () => {
  const entry = seriesEntry(2, { state: "waiting", frames: null });
  expect(problemOf(entry, 0)).toBe("");
  expect(identityOf(entry, 0)).toEqual({ uid: "", frame: 1 });
  expect(shapeOf(entry, 0).rows).toBe(4);
});

test("of a frame that was cut the number of real rows is told", () => {
  const entry = seriesEntry(2);
  expect(realRowsOf(entry, 1)).toBeNull();
  entry.frames!.partial = { "1": { problem: "jpeg_truncated", rows: 3 } };
  expect([realRowsOf(entry, 0), realRowsOf(entry, 1)]).toEqual([null, 3]);
});
