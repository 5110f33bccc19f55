import { describe, expect, test } from "vitest";
import { draggedWindow, greyOf, isSameWindow, presetsFor, rounded, windowAround } from "../../src/view/windows";
import { seriesEntry } from "../support/entry";

const linear = { name: "", center: 40, width: 400 };

describe("grey of a value (PS3.3 C.11.2.1)", () => {
  test("linear: black up to c-0.5-(w-1)/2, white above c-0.5+(w-1)/2", () => {
    expect(greyOf(-160, linear)).toBe(0);
    expect(greyOf(-159.99, linear)).toBeGreaterThan(0);
    expect(greyOf(239, linear)).toBe(1);
    expect(greyOf(39.5, linear)).toBe(0.5);
  });

  test("linear of width 1 is a step", () => {
    expect([greyOf(9.5, { name: "", center: 10, width: 1 }), greyOf(9.51, { name: "", center: 10, width: 1 })]).toEqual([0, 1]);
  });

  test("linear exact is symmetric about its centre", () => {
    const exact = { ...linear, function: "LINEAR_EXACT" as const };
    expect([greyOf(-160, exact), greyOf(40, exact), greyOf(240, exact)]).toEqual([0, 0.5, 1]);
  });

  test("sigmoid", () => {
    const sigmoid = { ...linear, function: "SIGMOID" as const };
    expect(greyOf(40, sigmoid)).toBe(0.5);
    expect(greyOf(140, sigmoid)).toBeCloseTo(1 / (1 + Math.exp(-1)), 12);
  });
});

describe("a table in place of a window", () => {
  const table = { first: -2, runs: [10, 2, 200, 1, 30, 1] };
  const curve = { name: "HARD", center: 0, width: 4, table };

  test("greys of whole values, the ends beyond, halves to the even one", () => {
    const greys = [-9, -2, -1, 0, 0.5, 1, 1.5, 99].map((value) => Math.round(greyOf(value, curve) * 255));
    expect(greys).toEqual([10, 10, 10, 200, 200, 30, 30, 30]);
    expect([-1.5, -0.5, 0.5, 1.5, 2.4].map(rounded).map((v) => v + 0)).toEqual([-2, 0, 0, 2, 2]);
  });

  test("is another window than the one of its centre and width, and gives way to a hand", () => {
    expect(isSameWindow(curve, { ...curve, table: undefined })).toBe(false);
    expect(isSameWindow(curve, { ...curve, name: "" })).toBe(true);
    expect(draggedWindow(curve, 0, 0).table).toBeUndefined();
    expect(presetsFor({ windows: [{ name: "", center: 1, width: 2 }, curve], modality: "MG" }).map((w) => w.name)).toEqual(["默认", "曲线 HARD"]);
  });
});

describe("presets", () => {
  test("the file's own first, by its own name when that says something", () => {
    const names = presetsFor(seriesEntry(1, { windows: [{ name: "WINDOW1", center: 1, width: 2 }, { name: "肝", center: 3, width: 4 }] })).map((w) => w.name); // prettier-ignore
    expect(names.slice(0, 3)).toEqual(["默认", "肝", "肺窗"]);
    expect(names).toEqual(expect.arrayContaining(["骨窗", "腹窗", "软组织窗", "纵隔窗", "脑窗"]));
  });

  test("Hounsfield windows only for CT", () => {
    expect(presetsFor(seriesEntry(1, { modality: "MR" }))).toHaveLength(1);
  });
});

test("dragging right widens, down raises the centre, and never below one grey", () => {
  expect(draggedWindow(linear, 30, 0).width).toBeCloseTo(400 * Math.exp(0.1), 9);
  expect(draggedWindow(draggedWindow(linear, 70, 0), -70, 0).width).toBeCloseTo(400, 9);
  expect(draggedWindow(linear, 0, 30)).toMatchObject({ center: 80, width: 400 });
  expect(draggedWindow(linear, -9999, 0).width).toBe(1);
});

test("a window around two values spans them", () => {
  expect(windowAround(-100, 300)).toMatchObject({ center: 100, width: 400 });
  expect(windowAround(5, 5).width).toBe(1);
});
