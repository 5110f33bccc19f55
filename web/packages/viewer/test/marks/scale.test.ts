import { describe, expect, test } from "vitest";
import { angleBetween, areaOf, formatArea, formatLength, lengthOf, scaleOf } from "../../src/marks/scale";
import { imagePoint as p } from "../../src/view/points";
import type { Region } from "../../src/format/manifest";
import { seriesEntry } from "../support/entry";

const flat = scaleOf(seriesEntry(1, { spacing: [2, 0.5] }));

test("millimetres only where the file says so", () => {
  expect(scaleOf(seriesEntry(1, { spacing: null }))).toEqual({ colMm: 1, rowMm: 1, unit: "像素", note: "" });
  expect(flat).toMatchObject({ colMm: 0.5, rowMm: 2, unit: "mm", note: "" });
  const high = scaleOf(seriesEntry(1, { spacing: null, aspect: 1.5 }));
  expect(high).toEqual({ colMm: 1, rowMm: 1.5, unit: "像素", note: "像素非正方形,按像素宽计" });
});

test.each([
  ["PixelSpacing", ""],
  ["PhysicalDeltaX", ""],
  ["ImagerPixelSpacing", "探测器平面,未校正放大"],
  ["EstimatedRadiographicMagnificationFactor", "已按估计放大率校正"],
  ["NominalScannedPixelSpacing", "按扫描标称值"],
])("what %s leaves to be said is said", (spacing_source, note) => {
  expect(scaleOf(seriesEntry(1, { spacing_source })).note).toBe(note);
});

test("a calibration overrules the file and keeps the pixels' shape", () => {
  expect(scaleOf(seriesEntry(1, { spacing: [2, 0.5] }), 0.25)).toMatchObject({ colMm: 0.25, rowMm: 1, unit: "mm", note: "已校准" });
  expect(scaleOf(seriesEntry(1, { spacing: null }), 0.25)).toMatchObject({ colMm: 0.25, rowMm: 0.25, unit: "mm" });
});

describe("geometry with pixels of 2 mm x 0.5 mm", () => {
  test("length", () => {
    expect(lengthOf(p(0, 0), p(6, 2), flat)).toBe(5);
  });

  test("a diagonal of the pixel grid is not 45 degrees", () => {
    expect(angleBetween(p(0, 0), p(1, 0), p(0, 0), p(1, 1), flat)).toBeCloseTo((Math.atan2(2, 0.5) * 180) / Math.PI, 9);
    expect(angleBetween(p(0, 0), p(1, 0), p(5, 5), p(5, 1), flat)).toBeCloseTo(90, 9);
    expect(angleBetween(p(0, 0), p(1, 0), p(0, 0), p(-3, 0), flat)).toBeCloseTo(180, 9);
  });

  test("area", () => {
    expect(areaOf([p(0, 0), p(10, 0), p(10, 5), p(0, 5)], flat)).toBe(50);
    expect(areaOf([p(0, 0), p(0, 5), p(10, 5)], flat)).toBe(25);
  });
});

test("words", () => {
  const pixels = scaleOf(seriesEntry(1, { spacing: null }));
  expect(formatLength(12.345, flat)).toBe("12.3 mm");
  expect(formatLength(12.345, pixels)).toBe("12.3 像素");
  expect(formatArea(99.94, flat)).toBe("99.9 mm²");
  expect(formatArea(1234, flat)).toBe("12.34 cm²");
  expect(formatArea(1234.4, pixels)).toBe("1234 像素²");
});

describe("ultrasound regions", () => {
  // an image above, its Doppler trace below, and a small image that lies upon the large one
  const regions: Region[] = [
    [10, 10, 109, 59, 0.2, 0.3],
    [10, 70, 109, 99, null, null],
    [20, 20, 29, 29, 0.1, 0.1],
  ];
  const frame = { spacing: null, spacing_source: null, regions };

  test("a mark takes the scale of the region it lies in, the last on top", () => {
    expect(scaleOf(frame, null, [p(15, 15), p(100, 50)])).toEqual({ colMm: 0.3, rowMm: 0.2, unit: "mm", note: "" });
    expect(scaleOf(frame, null, [p(21, 21), p(29, 29)])).toMatchObject({ colMm: 0.1, unit: "mm" });
    expect(scaleOf(frame, null, [p(110, 60), p(10, 10)])).toMatchObject({ colMm: 0.3, unit: "mm" }); // the outer edge
  });

  test("where the axes are no lengths, and across regions, it is in pixels with the reason", () => {
    expect(scaleOf(frame, null, [p(20, 80), p(60, 90)])).toEqual({ colMm: 1, rowMm: 1, unit: "像素", note: "该区域没有长度标定" });
    for (const points of [[p(15, 15), p(15, 80)], [p(2, 2), p(5, 5)], [p(25, 25), p(60, 50)]]) {
      expect(scaleOf(frame, null, points)).toMatchObject({ unit: "像素", note: "超出标定区域" });
    }
    const same = { ...frame, spacing: [0.2, 0.3] as [number, number], spacing_source: "PhysicalDeltaX" };
    expect(scaleOf(same, null, [p(2, 2), p(5, 5)])).toMatchObject({ unit: "像素" });
  });

  test("a calibration and a pixel spacing of the whole image hold outside them", () => {
    const own = { ...frame, spacing: [0.5, 0.5] as [number, number], spacing_source: "PixelSpacing" };
    expect(scaleOf(own, null, [p(2, 2), p(5, 5)])).toMatchObject({ colMm: 0.5, unit: "mm" });
    expect(scaleOf(frame, 0.7, [p(20, 80), p(60, 90)])).toMatchObject({ colMm: 0.7, note: "已校准" });
  });
});
