import { beforeEach, expect, test, vi } from "vitest";
import { hitMark } from "../../src/marks/hit";
import { Pencil, type Sheet } from "../../src/marks/pencil";
import { scaleOf } from "../../src/marks/scale";
import { MarkStore, type Mark } from "../../src/marks/store";
import type { MarkName } from "../../src/marks/kind";
import { screenPoint } from "../../src/view/points";
import { seriesEntry } from "../support/entry";

/** Two CSS pixels an image pixel, flipped left to right, so that mixing up spaces is seen. */
const sheet: Sheet = { series: "s", index: 3, placement: { a: -2, b: 0, c: 0, d: 2, e: 400, f: 0 }, scale: scaleOf(seriesEntry(1)) };
const onScreen = (x: number, y: number) => screenPoint(400 - 2 * x, 2 * y);

let store: MarkStore;
let pencil: Pencil;
const made = vi.fn();

beforeEach(() => {
  made.mockReset();
  store = new MarkStore(() => undefined);
  pencil = new Pencil(store, () => undefined, made);
});

const drag = (kind: MarkName, from: [number, number], to: [number, number]): void => {
  pencil.down(kind, onScreen(...from), sheet);
  pencil.move(onScreen(...to), sheet);
  pencil.up(onScreen(...to), sheet);
};
const click = (kind: MarkName, at: [number, number]): void => {
  pencil.move(onScreen(...at), sheet);
  pencil.down(kind, onScreen(...at), sheet);
  pencil.up(onScreen(...at), sheet);
};
const points = (mark: Mark): number[][] => mark.points.map((p) => [p.x + 0, p.y + 0]);

test("a line by one drag", () => {
  drag("length", [10, 10], [60, 40]);
  expect(store.all).toHaveLength(1);
  expect(store.all[0]).toMatchObject({ kind: "length", series: "s", index: 3 });
  expect(points(store.all[0])).toEqual([[10, 10], [60, 40]]); // prettier-ignore
  expect(made).toHaveBeenCalledWith(store.all[0]);
  expect(store.selected).toBe(store.all[0]);
});

test("a line by two clicks", () => {
  click("length", [10, 10]);
  expect(store.all).toHaveLength(0);
  click("length", [60, 40]);
  expect(points(store.all[0])).toEqual([[10, 10], [60, 40]]); // prettier-ignore
});

test("an angle: drag one side, tap the end of the other; or three clicks", () => {
  drag("angle", [0, 50], [50, 50]);
  click("angle", [50, 0]);
  for (const at of [[0, 50], [50, 50], [50, 0]] as [number, number][]) click("angle", at); // prettier-ignore
  expect(store.all.map(points)).toEqual([
    [[0, 50], [50, 50], [50, 0]],
    [[0, 50], [50, 50], [50, 0]],
  ]); // prettier-ignore
});

test("Cobb: two drags, or four clicks", () => {
  drag("cobb", [0, 0], [50, 0]);
  drag("cobb", [0, 50], [50, 60]);
  for (const at of [[0, 0], [50, 0], [0, 50], [50, 60]] as [number, number][]) click("cobb", at); // prettier-ignore
  expect(store.all.map(points)).toEqual([
    [[0, 0], [50, 0], [0, 50], [50, 60]],
    [[0, 0], [50, 0], [0, 50], [50, 60]],
  ]); // prettier-ignore
});

test("a polygon ends where it began, or when told", () => {
  for (const at of [[0, 0], [50, 0], [50, 50], [1, 1]] as [number, number][]) click("polygon", at); // prettier-ignore
  expect(points(store.all[0])).toEqual([[0, 0], [50, 0], [50, 50]]); // prettier-ignore
  for (const at of [[0, 0], [50, 0], [50, 50]] as [number, number][]) click("polygon", at); // prettier-ignore
  pencil.finish(sheet);
  expect(store.all[1].points).toHaveLength(3);
});

test("a region in one stroke, ended by lifting the finger", () => {
  pencil.down("freehand", onScreen(0, 0), sheet);
  for (const at of [[10, 0], [20, 0], [20, 20], [0, 20], [0, 2]] as [number, number][]) pencil.move(onScreen(...at), sheet); // prettier-ignore
  pencil.up(onScreen(0, 2), sheet);
  expect(pencil.draft).toBeNull();
  expect(store.all[0].kind).toBe("freehand");
  expect(points(store.all[0]).slice(0, 4)).toEqual([[0, 0], [10, 0], [20, 0], [20, 20]]); // prettier-ignore
  pencil.down("freehand", onScreen(50, 50), sheet);
  pencil.up(onScreen(50, 50), sheet);
  expect(store.all).toHaveLength(1);
});

test("a mark that was not meant leaves nothing to undo", () => {
  drag("length", [0, 0], [50, 0]);
  drag("text", [0, 0], [0, 0]);
  store.forget(store.all[1].id);
  expect(store.all).toHaveLength(1);
  store.undo();
  expect(store.all).toHaveLength(0);
  expect(store.canUndo).toBe(false);
});

test("a point mark by one tap", () => {
  click("probe", [7, 8]);
  expect(points(store.all[0])).toEqual([[7, 8]]);
});

test("a second finger gives up what was begun", () => {
  pencil.down("length", onScreen(0, 0), sheet);
  pencil.cancel();
  pencil.up(onScreen(90, 90), sheet);
  expect(store.all).toHaveLength(0);
});

test("another tool or another slice begins anew", () => {
  click("length", [0, 0]);
  drag("angle", [0, 0], [50, 50]);
  expect(pencil.draft?.kind).toBe("angle");
  pencil.down("angle", onScreen(5, 5), { ...sheet, index: 4 });
  expect(pencil.draft).toMatchObject({ index: 4 });
});

test("a handle moves one end, the line moves the whole; both can be undone", () => {
  drag("length", [10, 10], [60, 10]);
  expect(pencil.grab(onScreen(61, 11), sheet, 10)).toBe(true);
  pencil.move(onScreen(81, 31), sheet);
  pencil.up(onScreen(81, 31), sheet);
  expect(points(store.all[0])).toEqual([[10, 10], [80, 30]]); // prettier-ignore
  expect(pencil.grab(onScreen(45, 20), sheet, 10)).toBe(true);
  pencil.move(onScreen(55, 30), sheet);
  pencil.up(onScreen(55, 30), sheet);
  expect(points(store.all[0])).toEqual([[20, 20], [90, 40]]); // prettier-ignore
  store.undo();
  store.undo();
  expect(points(store.all[0])).toEqual([[10, 10], [60, 10]]); // prettier-ignore
  store.redo();
  expect(points(store.all[0])[1]).toEqual([80, 30]);
});

test("a press beside every mark lets go of the selection", () => {
  drag("length", [10, 10], [60, 10]);
  expect(pencil.grab(onScreen(150, 150), sheet, 10)).toBe(false);
  expect(store.selected).toBeNull();
});

test("handles come before lines, and reach is in CSS pixels", () => {
  drag("length", [10, 10], [60, 10]);
  drag("ellipse", [30, 0], [60, 40]);
  const at = (x: number, y: number, reach: number) => hitMark(store.all, onScreen(x, y), sheet.placement, sheet.scale, reach);
  expect(at(59, 11, 10)).toMatchObject({ mark: { kind: "length" }, handle: 1 });
  expect(at(20, 13, 5)).toBeNull();
  expect(at(20, 13, 7)).toMatchObject({ mark: { kind: "length" }, handle: null });
  expect(at(45, 40, 4)).toMatchObject({ mark: { kind: "ellipse" }, handle: null });
});

test("the store: erase one, erase a series, undo brings them back", () => {
  drag("length", [0, 0], [50, 0]);
  drag("length", [0, 9], [50, 90]);
  store.add({ kind: "text", series: "other", index: 0, points: [], text: "x" });
  store.remove(store.all[0].id);
  store.clear("s");
  expect(store.all.map((m) => m.series)).toEqual(["other"]);
  store.undo();
  store.undo();
  expect(store.on("s", 3)).toHaveLength(2);
  expect(store.canRedo).toBe(true);
  store.remove(store.all[0].id);
  expect(store.canRedo).toBe(false);
});
