import { describe, expect, test } from "vitest";
import type { Frame } from "../../src/format/frame";
import type { MarkContext, MarkName } from "../../src/marks/kind";
import { KINDS } from "../../src/marks/kinds";
import { scaleOf } from "../../src/marks/scale";
import { imagePoint as p, type ImagePoint } from "../../src/view/points";
import { seriesEntry } from "../support/entry";

/** 10 x 10: the value of a pixel is 100 * row + column. */
const frame: Frame = { rows: 10, cols: 10, samples: 1, bitsStored: 16, signed: false, pixels: Uint16Array.from({ length: 100 }, (_, i) => 100 * Math.floor(i / 10) + (i % 10)) };
const context = (spacing: [number, number] | null, more: Partial<MarkContext> = {}): MarkContext => ({
  scale: scaleOf(seriesEntry(1, { spacing })), frame, slope: 2, intercept: -1000, unit: "HU", text: "", ...more,
}); // prettier-ignore
const read = (name: MarkName, points: ImagePoint[], on = context([1, 1])): string[] => KINDS[name].read(points, on);

test("every kind has its own name, word, hint and an outline that can be drawn", () => {
  for (const [name, kind] of Object.entries(KINDS)) {
    expect(kind.name).toBe(name);
    expect(kind.word && kind.hint).toBeTruthy();
    const count = Number.isFinite(kind.points) ? kind.points : 3;
    const points = [p(1, 1), p(5, 2), p(3, 7), p(8, 8)].slice(0, count);
    for (const line of kind.outline(points, context([2, 1]).scale)) for (const q of line) expect(Number.isFinite(q.x + q.y)).toBe(true);
  }
});

test("length", () => {
  expect(read("length", [p(0, 0), p(3, 4)])).toEqual(["5.0 mm"]);
  expect(read("length", [p(0, 0), p(3, 4)], context(null))).toEqual(["5.0 像素"]);
  expect(read("length", [p(0, 0), p(3, 4)], context([0.5, 2]))).toEqual([`${Math.hypot(6, 2).toFixed(1)} mm`]);
});

test("angle at its corner", () => {
  expect(read("angle", [p(5, 0), p(0, 0), p(0, 5)])).toEqual(["90.0°"]);
  expect(read("angle", [p(5, 0), p(0, 0)])).toEqual([]);
});

test("Cobb is the acute angle, whichever way the lines were drawn", () => {
  expect(read("cobb", [p(0, 0), p(10, 0), p(0, 10), p(10, 20)])).toEqual(["Cobb 45.0°"]);
  expect(read("cobb", [p(0, 0), p(10, 0), p(10, 20), p(0, 10)])).toEqual(["Cobb 45.0°"]);
});

test("two diameters, the long one first", () => {
  expect(read("bidirectional", [p(0, 0), p(3, 0), p(0, 0), p(0, 7)])).toEqual(["7.0 × 3.0 mm"]);
});

describe("regions", () => {
  test("a rectangle counts the pixels whose middle it holds", () => {
    // columns 2..3, rows 1..2: 102 103 202 203 -> 2x - 1000
    expect(read("rectangle", [p(4, 3), p(2, 1)])).toEqual(["面积 4.0 mm²", "均值 -695.0 HU", "标准差 100.0", "最小 -796 最大 -594"]);
  });

  test("a pixel that a rectangle only touches is not in it", () => {
    expect(read("rectangle", [p(1.6, 0.6), p(4.4, 3.4)])).toEqual(read("rectangle", [p(2, 1), p(4, 3)]).map((line, i) => (i ? line : "面积 7.8 mm²")));
  });

  test("an ellipse has pi a b, and no pixel outside it", () => {
    const [area, mean] = read("ellipse", [p(0, 0), p(10, 4)], context([2, 0.5]));
    expect(area).toBe(`面积 ${(Math.PI * 5 * 2 * 2 * 0.5).toFixed(1)} mm²`);
    expect(mean).toBe("均值 -691.0 HU"); // symmetric about row 1.5, column 4.5
  });

  test("a circle is round in the patient, not on the pixel grid", () => {
    const [diameter, area] = read("circle", [p(5, 5), p(9, 5)], context([2, 0.5]));
    expect(diameter).toBe("直径 4.0 mm");
    expect(area).toBe(`面积 ${(Math.PI * 4).toFixed(1)} mm²`);
    const [rim] = KINDS.circle.outline([p(5, 5), p(9, 5)], context([2, 0.5]).scale);
    expect(Math.max(...rim.map((q) => q.x)) - 5).toBeCloseTo(4);
    expect(Math.max(...rim.map((q) => q.y)) - 5).toBeCloseTo(1);
  });

  test("a polygon counts by the even-odd rule", () => {
    expect(read("polygon", [p(0, 0), p(2, 0), p(2, 1), p(0, 1)])).toContain("均值 -999.0 HU");
    expect(read("polygon", [p(0, 0), p(2, 0)])).toEqual([]);
  });

  test("while the exact pixels are on their way only the area is known", () => {
    expect(read("rectangle", [p(0, 0), p(2, 2)], context([1, 1], { frame: undefined }))).toEqual(["面积 4.0 mm²", "等待原始像素…"]);
  });

  test("beside the image there is nothing to count", () => {
    expect(read("rectangle", [p(-5, -5), p(-1, -1)])).toEqual(["面积 16.0 mm²"]);
    expect(read("rectangle", [p(8, 8), p(90, 90)])[1]).toBe(`均值 ${2 * 858.5 - 1000}.0 HU`);
  });
});

test("a probe reads one pixel after the modality LUT", () => {
  expect(read("probe", [p(3.9, 5.1)])).toEqual(["6 HU"]);
  expect(read("probe", [p(-0.1, 5)])).toEqual(["图像之外"]);
  expect(read("probe", [p(3, 5)], context(null, { unit: "", slope: 0.5, intercept: 0 }))).toEqual(["251.5"]);
});

test("a probe in colour reads three values", () => {
  const rgb: Frame = { rows: 1, cols: 2, samples: 3, bitsStored: 8, signed: false, pixels: new Uint8Array([1, 2, 3, 4, 5, 6]) };
  expect(read("probe", [p(1.5, 0.5)], context(null, { frame: rgb }))).toEqual(["RGB 4, 5, 6"]);
});

test("text and arrow carry what was written", () => {
  expect(read("text", [p(0, 0)], context(null, { text: "结节" }))).toEqual(["结节"]);
  expect(read("arrow", [p(0, 0), p(1, 1)])).toEqual([]);
});

test("uptake is said beside the activity where the file allows it, and not elsewhere", () => {
  const pet = context([1, 1], { unit: "Bq/ml", suvFactor: 0.01 });
  expect(read("probe", [p(3.9, 5.1)], pet)).toEqual(["6 Bq/ml", "SUVbw 0.06"]);
  expect(read("rectangle", [p(4, 3), p(2, 1)], pet).at(-1)).toBe("SUVbw 均值 -6.95 最大 -5.94");
  expect(read("probe", [p(3.9, 5.1)], context([1, 1], { unit: "Bq/ml", suvFactor: null }))).toEqual(["6 Bq/ml"]);
});

test("an area says as honestly as a length where its scale is from", () => {
  const scale = scaleOf(seriesEntry(1, { spacing_source: "ImagerPixelSpacing" }));
  for (const name of ["length", "rectangle", "circle"] as const) {
    expect(read(name, [p(0, 0), p(3, 4)], context(null, { scale })).at(-1)).toBe("探测器平面,未校正放大");
  }
});
